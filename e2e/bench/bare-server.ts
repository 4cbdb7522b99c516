/** Answers every POST with the bytes of one file; prints its port. Ends with its standard input. */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

const answer = readFileSync(process.argv[2]!);
const server = http.createServer({ keepAlive: true, noDelay: true }, (request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'Content-Type': 'application/soap+xml;charset=UTF-8', 'Content-Length': answer.length });
    response.end(answer);
  });
});
// The client comes back after minutes of other rounds.
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.stdin.on('end', () => process.exit()).resume();
