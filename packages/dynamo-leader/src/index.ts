export {
  DynamoLeader,
  type DynamoLeaderOptions,
  type Leadership,
  type LostLeadership,
} from './dynamo-leader.js';
