/** Where credentials come from: the entry `@x/dynamo-light-client/credentials`. */
export { fromEnvironment } from './from-environment.js';
export { fromInstanceMetadata, type InstanceMetadataOptions } from './instance-metadata.js';
export { fromWebIdentity, type WebIdentityOptions } from './web-identity.js';
export type { CredentialsProvider } from './kept-credentials.js';
export type { Credentials } from './signer.js';
