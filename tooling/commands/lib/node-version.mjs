const [major, minor] = process.versions.node.split('.').map(Number);

/** Ends the command with a clear line on a Node.js that is too old for the tools it starts. */
export function requireNode() {
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Cannot run on Node.js ${process.versions.node}: it must be 20.19 or later`);
  process.exit(1);
}
