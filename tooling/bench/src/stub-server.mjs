// A DynamoDB that does nothing: it answers every operation with the same small response, so that what
// is measured in the other process is the client alone. Prints its port.
import { createServer } from 'node:http';

const now = String(Date.now());

// Whatever a primitive looks at, in one row: enough for it to go on as after a success.
const answers = {
  GetItem: { Item: { key: { S: 'bench.id' }, ns: { S: 'bench' }, data: { S: '{"a":1}' } } },
  UpdateItem: {
    Attributes: {
      count: { N: '1' },
      fence: { N: '1' },
      expiresAt: { N: '4102444800' },
      attempts: { N: '1' },
      windowStart: { N: now },
      window: { S: 'AAAAAAAAAAAA' },
      context: { NULL: true },
      r0: { S: 'AAAAAAAAAAAA' },
    },
  },
};

const server = createServer((request, response) => {
  const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
  request.resume();
  request.on('end', () => {
    const body = JSON.stringify(answers[operation] ?? {});
    response.writeHead(200, {
      'content-type': 'application/x-amz-json-1.0',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`);
});
// The parent holds the other end of this pipe: when it is gone, so is the server.
process.stdin.resume().on('end', () => process.exit());
