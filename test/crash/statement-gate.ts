import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

const PACKET_HEADER_BYTES = 4;
const COM_QUERY = 0x03;
const COM_STMT_PREPARE = 0x16;
const COM_STMT_EXECUTE = 0x17;
const COM_STMT_CLOSE = 0x19;
const OK = 0x00;
const TRANSACTION_STARTS = ['START TRANSACTION', 'SET autocommit = 0'];
const TRANSACTION_ENDS = ['COMMIT', 'ROLLBACK'];

/** Which statement stops at the gate, and on which side of it. */
export interface Stop {
  /** How the statement begins, for example `COMMIT`. */
  statement: string;
  /** A text that stands in the statement or earlier in its transaction, for example the id of a user. */
  mentioning: string;
  /** `before`: the database never hears of it. `after`: the database carries it out and nobody hears of that. */
  side: 'before' | 'after';
  /** So many such statements pass first. */
  skip?: number;
}

/** A way to a MariaDB that stops chosen statements for as long as their sender lives. */
export interface StatementGate {
  /** The same database as before, by way of the gate. */
  url: string;
  /** @returns what ends when the statement has arrived (and, for `after`, was carried out). */
  stop(stop: Stop): Promise<void>;
  close(): Promise<void>;
}

interface Watch extends Stop {
  passed: number;
  arrived: () => void;
}

/** @param databaseUrl `mariadb://…` without TLS, so that the gate can read the statements. */
export async function openStatementGate(databaseUrl: string): Promise<StatementGate> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const watches = new Set<Watch>();

  /** Takes the first watch that fits out of the list. */
  function strike(statement: string, transaction: string): Watch | undefined {
    for (const watch of watches) {
      if (!statement.startsWith(watch.statement)) continue;
      if (!statement.includes(watch.mentioning) && !transaction.includes(watch.mentioning)) continue;
      if (watch.passed < (watch.skip ?? 0)) {
        watch.passed += 1;
        continue;
      }
      watches.delete(watch);
      return watch;
    }
    return undefined;
  }

  const gate = createServer((client) => {
    const database = connect(Number(target.port || 3306), target.hostname);
    tie(client, database);
    tie(database, client);
    const prepared = new Map<number, string>();
    let preparing: string | undefined;
    let transaction = '';
    let held: Watch | undefined;
    // Several may come in one go. Each waits here for the answer to the one before, so that it is known whose answer comes.
    const waiting: Buffer[] = [];
    let isAnswered = true;

    function passNext(): void {
      if (!isAnswered || held) return;
      const packet = waiting.shift();
      if (!packet) return;
      if (packet[PACKET_HEADER_BYTES] === COM_STMT_PREPARE) preparing = textOf(packet);
      const statement = statementOf(packet, prepared);
      if (statement !== undefined) {
        held = strike(statement, transaction);
        transaction = transactionAfter(statement, transaction);
        if (held?.side === 'before') {
          held.arrived();
          return;
        }
      }
      isAnswered = packet[PACKET_HEADER_BYTES] === COM_STMT_CLOSE;
      database.write(packet);
      passNext();
    }

    forEachPacket(client, (packet) => {
      waiting.push(packet);
      passNext();
    });
    database.on('data', (answer) => {
      if (preparing !== undefined && answer[PACKET_HEADER_BYTES] === OK) {
        prepared.set(answer.readUInt32LE(PACKET_HEADER_BYTES + 1), preparing);
      }
      preparing = undefined;
      isAnswered = true;
      if (held) held.arrived();
      else client.write(answer);
      passNext();
    });
  });

  /** When one end goes the other goes too: a server that dies leaves no open transaction. */
  function tie(socket: Socket, other: Socket): void {
    sockets.add(socket);
    // Broken connections are what this gate is for; whoever holds the other end gets to know it.
    socket.on('error', () => other.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  }

  gate.listen(0, '127.0.0.1');
  await once(gate, 'listening');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((gate.address() as AddressInfo).port);
  return {
    url: url.href,
    stop: (stop) =>
      new Promise((arrived) => {
        watches.add({ ...stop, passed: 0, arrived });
      }),
    close: async () => {
      gate.close();
      for (const socket of sockets) socket.destroy();
      await once(gate, 'close');
    },
  };
}

/** A packet may come in several pieces, and several may come at once. */
function forEachPacket(socket: Socket, take: (packet: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= PACKET_HEADER_BYTES) {
      const length = PACKET_HEADER_BYTES + rest.readUIntLE(0, 3);
      if (rest.length < length) return;
      take(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  });
}

/** A prepared statement is followed by its values as they are sent, in which texts can be read. */
function statementOf(packet: Buffer, prepared: Map<number, string>): string | undefined {
  const command = packet[PACKET_HEADER_BYTES];
  if (command === COM_QUERY) return textOf(packet);
  if (command !== COM_STMT_EXECUTE) return undefined;
  return `${prepared.get(packet.readUInt32LE(PACKET_HEADER_BYTES + 1))} ${textOf(packet)}`;
}

function textOf(packet: Buffer): string {
  return packet.toString('utf8', PACKET_HEADER_BYTES + 1);
}

function transactionAfter(statement: string, transaction: string): string {
  if (TRANSACTION_STARTS.some((start) => statement.startsWith(start))) return statement;
  if (TRANSACTION_ENDS.some((end) => statement.startsWith(end))) return '';
  return transaction === '' ? '' : `${transaction}\n${statement}`;
}
