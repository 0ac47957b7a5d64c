import { readdirSync } from 'node:fs';

import type { Show } from './show.js';

/** One scene of the demo: what a package does, or a part of that. */
export interface Scene {
  readonly title: string;
  /** What it is good for, in a sentence. */
  readonly why: string;
  /** Where it comes in the tour. A scene without it is shown by its name only. */
  readonly place?: number;
  readonly run: (show: Show) => Promise<void>;
}

/** A scene with the name of its file. */
export interface NamedScene extends Scene {
  readonly name: string;
}

const folder = new URL('./scenes/', import.meta.url);

/** All that the folder `scenes` holds: first the tour in its order, then the others by name. */
export async function allScenes(): Promise<NamedScene[]> {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
  const scenes = await Promise.all(names.map(sceneOf));
  return scenes.sort((a, b) => (a.place ?? names.length) - (b.place ?? names.length));
}

async function sceneOf(name: string): Promise<NamedScene> {
  const file = (await import(`./scenes/${name}.ts`)) as { readonly scene?: Scene };
  if (file.scene === undefined) throw new Error(`scenes/${name}.ts exports no \`scene\``);
  return { name, ...file.scene };
}

/** Those that are named, or the tour. Throws with the names that there are. */
export function chosenScenes(all: readonly NamedScene[], names: readonly string[]): NamedScene[] {
  if (names.length === 0) return all.filter(({ place }) => place !== undefined);
  return names.map((name) => {
    const scene = all.find((one) => one.name === name.replace(/^.*dynamo-/, ''));
    if (scene !== undefined) return scene;
    throw new Error(
      `No scene is called ${name}: there are ${all.map((one) => one.name).join(', ')}`,
    );
  });
}
