import { defineCachedEventHandler } from 'nitropack/runtime';

let calls = 0;

/** Says how often it was called: a cached answer stays the same. */
// oxlint-disable-next-line import/no-default-export -- what Nitro takes as a route
export default defineCachedEventHandler(() => ({ calls: ++calls }), {
  name: 'count',
  maxAge: 60,
  swr: false,
});
