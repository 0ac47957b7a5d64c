import { createServer, type Server } from 'node:net';

/** A port that is free, and that no other takes who reserves his like this. */
export interface ReservedPort {
  readonly port: number;
  /** Gives the port up. Call it when the engine has ended. */
  release(): Promise<void>;
}

// Below the ports that systems give to outgoing connections, which could take one at any time.
const portFirst = 20_000;
const pairs = 5_000;
const triesMax = 100;

/**
 * Reserves a free port.
 *
 * A port that is merely probed may be probed by another process too, before the engine of either
 * listens: then both tests would use one engine. So ports come in pairs: the odd one is held by
 * this process as long as the engine lives, and who does not get it leaves the even one alone.
 */
export async function reservePort(): Promise<ReservedPort> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const port = portFirst + 2 * Math.floor(Math.random() * pairs);
    const guard = await listen(port + 1);
    if (guard === undefined) continue;
    const probe = await listen(port);
    if (probe !== undefined) {
      await close(probe);
      return { port, release: () => close(guard) };
    }
    await close(guard);
  }
  throw new Error(`Cannot find a free port: ${triesMax} from ${portFirst} on are taken`);
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
