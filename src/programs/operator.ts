import 'reflect-metadata';
import { loadEnvFile } from '../config/env-file.js';
import { readDatabaseSettings } from '../config/settings.js';
import { StartError } from '../config/start-error.js';
import { withDatabase } from '../database/connect.js';
import { requireSchema } from '../database/schema.js';
import { giveRole } from '../user/role.js';
import { User, UserRole } from '../user/user.entity.js';

/** The program behind `npm run operator -- grant|revoke <e-mail>`: says who may see what concerns all users. */
async function main(): Promise<void> {
  const [action, email] = process.argv.slice(2);
  if ((action !== 'grant' && action !== 'revoke') || !email) {
    throw new StartError({
      ko: '사용법: npm run operator -- grant someone@example.com (또는 revoke)',
      en: 'usage: npm run operator -- grant someone@example.com (or revoke)',
    });
  }
  loadEnvFile(process.env);
  const { database } = readDatabaseSettings(process.env);
  await withDatabase(database, 'callers-wait', { entities: [User] }, async (dataSource) => {
    await requireSchema(dataSource);
    const role = action === 'grant' ? UserRole.OPERATOR : UserRole.USER;
    if (!(await giveRole(dataSource, email, role))) {
      throw new StartError({
        ko: `${email} 로 가입한 사람이 없습니다`,
        en: `nobody signed up with ${email}`,
      });
    }
    process.stdout.write(`${email} is now ${role}\n`);
  });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
