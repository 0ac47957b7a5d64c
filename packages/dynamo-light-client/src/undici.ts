/** Sending with undici, for half of the processor time: the entry `@x/dynamo-light-client/undici`. */
export { undiciHttp, type UndiciHttpOptions } from './undici-http.js';
