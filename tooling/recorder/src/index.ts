export {
  recorded,
  type ConsumedUnits,
  type RecordedOptions,
  type RecordedRequest,
  type RecordedTransport,
} from './recorded.js';
