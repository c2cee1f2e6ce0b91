// Imported first by every script: an old Node must hear one clear line, not a syntax error of a dependency.
const NEEDED = [20, 19, 0];

const version = process.versions.node.split('.').map(Number);
const firstDifference = NEEDED.map((needed, index) => version[index] - needed).find((gap) => gap !== 0);
if (firstDifference !== undefined && firstDifference < 0) {
  process.stderr.write(
    `Node.js ${process.versions.node} 은(는) 너무 오래되었습니다. ${NEEDED.join('.')} 이상을 설치하세요. / ` +
      `Node.js ${process.versions.node} is too old: install ${NEEDED.join('.')} or newer.\n`,
  );
  process.exit(1);
}
