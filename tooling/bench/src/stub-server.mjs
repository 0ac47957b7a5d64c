// A DynamoDB that does nothing: it answers the requests of each table in turn with what it was given.
import { createServer } from 'node:http';

// The time that stands still for whom it answers.
const [date] = process.argv.slice(2);

let answers = [{ status: 200, body: '{}' }];
let turns = new Map();

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const [table] = Buffer.concat(chunks)
      .toString()
      .match(/bench-\d+/) ?? [''];
    const turn = turns.get(table) ?? 0;
    turns.set(table, turn + 1);
    const { status, body } = answers[turn % answers.length];
    response.writeHead(status, {
      date,
      'content-type': 'application/x-amz-json-1.0',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
});
server.keepAliveTimeout = 60_000;

server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('message', (told) => {
  answers = told;
  turns = new Map();
  process.send('taken');
});
// The parent holds the other end: when it has ended, so does the server.
process.on('disconnect', () => process.exit());
