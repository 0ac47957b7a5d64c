export type { DynamoOutput } from '@x/dynamo-core';

export { DynamoServiceError, type FaultOptions, type LightMetadata } from './service-error.js';
export type { EndpointOptions } from './endpoint.js';
export { fetchHttp, type FetchHttpOptions } from './fetch-http.js';
export type {
  ConnectionLimits,
  HttpRequest,
  HttpResponse,
  HttpSender,
  TimeLimits,
} from './http-sender.js';
export type { CredentialsProvider } from './kept-credentials.js';
export { LightClient, type LightClientOptions } from './light-client.js';
export { nodeHttp, type NodeHttpOptions } from './node-http.js';
export { requestChannelName } from './request-channel.js';
export type { Credentials } from './signer.js';
