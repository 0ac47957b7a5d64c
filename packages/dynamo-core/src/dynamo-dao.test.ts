import { expect, it } from 'vitest';

import { dynamoAssign, type DynamoDao } from './dynamo-dao.js';

class UserDao implements DynamoDao {
  id!: string;
  name!: string;
  role = 'member';
  get label(): string {
    return `${this.name} (${this.id})`;
  }
}

it('dynamoAssign() makes an instance and fills in what is given', () => {
  const user = dynamoAssign(UserDao, { id: '123', name: 'Ada' });
  expect(user).toBeInstanceOf(UserDao);
  expect(user.label).toBe('Ada (123)');
  expect(user.role).toBe('member');
});

it('dynamoAssign() overrides what the constructor set', () => {
  expect(dynamoAssign(UserDao, { role: 'admin' }).role).toBe('admin');
});
