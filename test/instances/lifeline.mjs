// Runs a program for as long as its parent lives. Jest runs no teardown when it is killed; the closing of the IPC
// channel is the one sign that no death of the parent can withhold.
//
// Each message of the parent is a signal that the program gets. It is told of the end by the exit of this one.
import { spawn } from 'node:child_process';

const [program, ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: 'inherit' });
child.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code) => process.exit(code ?? 0));
process.on('disconnect', () => child.kill('SIGKILL'));
process.on('message', (signal) => child.kill(signal));
