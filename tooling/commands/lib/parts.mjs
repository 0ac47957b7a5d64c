import { bin, follow } from './process.mjs';

/** Whether everything is checked, or what a laptop has the time for: fewer of each kind. */
const all = process.env['CI'] === 'true' || process.env['CI'] === '1';
/** What is taken in turn changes each day. */
const today = Math.floor(Date.now() / 86_400_000);

/**
 * The parts of `npm test` in their order, quickest answer first. A part has `tests`, the arguments of
 * vitest for the project of its name, or is one check: `run` gets the names of the parts that went well
 * before, and resolves to what `follow` does. `needs` names parts that must have run before it.
 */
export const parts = [
  {
    name: 'format',
    about: 'every file is formatted (npm run format does it)',
    run: () => follow(bin('oxfmt'), ['--check']),
  },
  {
    name: 'lint',
    about: 'no promise is left floating, no rule is broken, nothing is unused',
    run: () =>
      together([
        follow(bin('oxlint'), ['--deny-warnings']),
        follow(bin('sherif'), ['--fail-on-warnings']),
        follow(bin('knip')),
      ]),
  },
  {
    name: 'types',
    about: 'everything type-checks under strict, and what is exported says its types',
    // TypeScript 7 checks in a quarter of the time; what reads syntax trees has no interface in it yet.
    run: () =>
      together([
        node('node_modules/typescript-7/bin/tsc', '--noEmit', '-p', '.'),
        build('--check'),
      ]),
  },
  {
    name: 'unit',
    about: 'unit tests and checks that need no engine',
    tests: [],
  },
  {
    name: 'schedules',
    about: 'orders of events and faults, one by one (at a laptop, a third of the files in turn)',
    tests: all ? [] : [`--shard=${(today % 3) + 1}/3`],
  },
  {
    name: 'engines',
    about: 'conformance, faults and properties on every engine (at a laptop, on one)',
    tests: [],
  },
  {
    name: 'mutants',
    about:
      'each deliberate breakage is noticed by a test (at a laptop, what changed, and some in turn)',
    run: (ran) => {
      const tried = ['unit', 'schedules', 'engines'].every((name) => ran.has(name));
      // The few at a laptop run their tests without a mutant, too: one that passes among others may
      // fail alone, and then shows nothing.
      const flags = all ? (tried ? ['--tests-pass'] : []) : ['--in-turn'];
      return fromSource('simulation/src/mutants', ...flags);
    },
  },
  {
    name: 'soak',
    about: 'many processes, faults and kills on a real engine: half a minute (at a laptop, 15 s)',
    run: () => fromSource('soak/src', '--minutes', all ? '0.5' : '0.25'),
  },
  {
    name: 'house',
    about: 'the rules of this repository',
    run: () => fromSource('checks/src/house'),
  },
  {
    name: 'samples',
    about: 'every sample of the docs compiles and runs',
    tests: [],
  },
  {
    name: 'sizes',
    about: 'what each primitive adds to a bundle',
    run: () => fromSource('checks/src/sizes'),
  },
  {
    name: 'build',
    about: 'every package builds',
    run: () => build(),
  },
  {
    name: 'bench',
    about: 'our own time has not grown by a quarter over the figures of the release',
    needs: ['build'],
    run: () => follow(bin('tsx'), ['tooling/bench/src/main.ts', 'check']),
  },
  {
    name: 'packages',
    about: 'the packed packages install and load everywhere',
    needs: ['build'],
    run: () => fromSource('checks/src/packages'),
  },
];

/** The parts that were asked for (all, when none was) with what they need, in their order. */
export function select(names) {
  const unknown = names.filter((name) => !parts.some((part) => part.name === name));
  const wanted = new Set(names.length > 0 ? names : parts.map((part) => part.name));
  for (const part of parts) {
    if (wanted.has(part.name)) for (const need of part.needs ?? []) wanted.add(need);
  }
  return { selected: parts.filter((part) => wanted.has(part.name)), unknown };
}

/** Runs the `main.ts` of a folder of tooling over the sources of the packages. */
export function fromSource(folder, ...args) {
  return follow(bin('tsx'), ['--conditions=@x/source', `tooling/${folder}/main.ts`, ...args]);
}

/** Commands that run side by side: the first exit code that is not 0, the last lines of what failed. */
async function together(commands) {
  const failed = (await Promise.all(commands)).filter(({ code }) => code !== 0);
  return { code: failed[0]?.code ?? 0, lastLines: failed.flatMap(({ lastLines }) => lastLines) };
}

function build(...args) {
  return node('tooling/commands/build.mjs', ...args);
}

function node(script, ...args) {
  return follow(process.execPath, [script, ...args]);
}
