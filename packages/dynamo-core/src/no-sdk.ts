/** Takes the place of `sdk.ts` in a bundle of somebody who brings another transport. */
export const Client = undefined;
