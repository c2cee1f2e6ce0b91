import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

const PACKET_HEADER_BYTES = 4;
const COM_QUERY = 0x03;

/** A way to a MariaDB on which answers can get lost. */
export interface CommitAnswerProxy {
  /** The same database as before, by way of the proxy. */
  url: string;
  /** The next COMMIT reaches the database and is carried out; its answer does not come back and the connection breaks. */
  loseNextCommitAnswer(): void;
  /** How many answers were lost so far. */
  lostAnswers(): number;
  close(): Promise<void>;
}

/** @param databaseUrl `mariadb://…` without TLS, so that the proxy can read which packet is a COMMIT. */
export async function startCommitAnswerProxy(databaseUrl: string): Promise<CommitAnswerProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let loseNext = false;
  let lost = 0;

  const proxy = createServer((client) => {
    const database = connect(Number(target.port || 3306), target.hostname);
    let losing = false;
    for (const [socket, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(socket);
      // A broken connection is what this proxy is for; whoever holds the other end gets to know it.
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (sent) => {
      if (loseNext && isCommit(sent)) {
        loseNext = false;
        losing = true;
      }
      database.write(sent);
    });
    database.on('data', (answer) => {
      if (!losing) {
        client.write(answer);
        return;
      }
      // The answer is here, so the transaction is in the books by now.
      lost += 1;
      client.destroy();
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');

  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((proxy.address() as AddressInfo).port);
  return {
    url: url.href,
    loseNextCommitAnswer: () => {
      loseNext = true;
    },
    lostAnswers: () => lost,
    close: async () => {
      proxy.close();
      for (const socket of sockets) socket.destroy();
      await once(proxy, 'close');
    },
  };
}

/** Another packet may come behind it. */
function isCommit(sent: Buffer): boolean {
  const end = PACKET_HEADER_BYTES + sent.readUIntLE(0, 3);
  return (
    sent[PACKET_HEADER_BYTES] === COM_QUERY &&
    sent.toString('latin1', PACKET_HEADER_BYTES + 1, end) === 'COMMIT'
  );
}
