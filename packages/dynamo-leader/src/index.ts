export {
  DynamoLeader,
  type DynamoLeaderOptions,
  type LeaderLock,
  type Leadership,
  type LostLeadership,
} from './dynamo-leader.js';
