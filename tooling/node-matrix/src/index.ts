export { nodeVersions, type NodeVersion } from './node-versions.js';
