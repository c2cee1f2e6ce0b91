// Loaded before the server (`--import`): each statement that a request sends to the database becomes a line of the
// server's output, before the line of the request itself. What recovery asks meanwhile is nobody's request.
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';
import { AbstractLogger, DataSource } from 'typeorm';
import { shortened } from './shortened.mjs';

const STANDARD_OUTPUT = 1;
const inRequest = new AsyncLocalStorage();

class StatementLines extends AbstractLogger {
  writeLog(_level, messages) {
    if (!inRequest.getStore()) return;
    for (const { message } of [messages].flat()) {
      // Without its values, which may be secrets.
      writeSync(STANDARD_OUTPUT, `statement: ${shortened(String(message))}\n`);
    }
  }

  isLogEnabledFor(type) {
    return type === 'query';
  }
}

subscribe('http.server.request.start', () => inRequest.enterWith(true));

const { value: initialize } = Object.getOwnPropertyDescriptor(DataSource.prototype, 'initialize');
DataSource.prototype.initialize = async function initializeAndShow() {
  const dataSource = await initialize.call(this);
  return dataSource.setOptions({ logger: new StatementLines(), logging: ['query'] });
};
