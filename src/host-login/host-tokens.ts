import { Inject, Injectable } from '@nestjs/common';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { Logger } from 'pino';
import { type HostLoginSettings, SETTINGS, type Settings } from '../config/settings.js';
import type { Viewer } from '../door/viewer.js';
import { LOGGER } from '../logging/logger.js';
import { isOwnerId } from '../point-account/owner-id.js';
import { HostKeys, type HostKeysPauses, KeysUnavailable } from './host-keys.js';
import { LoginUnavailable } from './refusals.js';

/** All need a private key, which we have not: by a shared secret anybody who checks tokens could make some. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** Between the clock of whoever made a token and ours. */
const CLOCK_TOLERANCE_SECONDS = 30;
/** Far more than a login needs to say who somebody is. */
const TOKEN_MAX_LENGTH = 8192;
const NAME_MAX_LENGTH = 200;
const EMAIL_MAX_LENGTH = 254;

/** Says whose an access token of the shop's own login is. */
@Injectable()
export class HostTokens {
  private readonly login: HostLoginSettings;
  private readonly keys: HostKeys;

  constructor(
    @Inject(SETTINGS) { hostLogin }: Pick<Settings, 'hostLogin'>,
    @Inject(LOGGER) private readonly logger: Logger,
    pauses: Partial<HostKeysPauses> = {},
  ) {
    if (!hostLogin) throw new Error('there is no login of a host');
    this.login = hostLogin;
    this.keys = new HostKeys(hostLogin.jwksUrl, logger, pauses);
  }

  /**
   * @returns undefined for a token that is not good.
   * @throws {LoginUnavailable} when the keys cannot be had; a retry is safe.
   */
  async viewerOf(token: string): Promise<Viewer | undefined> {
    if (token.length > TOKEN_MAX_LENGTH) return undefined;
    const { issuer, audience, ownerClaim } = this.login;
    try {
      const { payload } = await jwtVerify(token, this.keys.keyOf, {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        requiredClaims: ['exp', ownerClaim],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
      return this.viewerIn(payload);
    } catch (error) {
      if (error instanceof KeysUnavailable) throw new LoginUnavailable();
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  private viewerIn(claims: JWTPayload): Viewer | undefined {
    const ownerId = idIn(claims[this.login.ownerClaim]);
    if (ownerId === undefined || !isOwnerId(ownerId)) {
      // Its signature is good, so it is no attack but a claim that is not what the settings say.
      this.logger.warn(
        { claim: this.login.ownerClaim },
        'a token of the shop’s login names no possible owner',
      );
      return undefined;
    }
    const name = textIn(claims['name'], NAME_MAX_LENGTH);
    const email = textIn(claims['email'], EMAIL_MAX_LENGTH);
    return { ownerId, said: { name, email, isOperator: this.isOperator(claims) } };
  }

  private isOperator(claims: JWTPayload): boolean {
    const { operator } = this.login;
    if (!operator) return false;
    const said = claims[operator.claim];
    return Array.isArray(said) ? said.includes(operator.value) : said === operator.value;
  }
}

/** Many shops number their people. */
function idIn(claim: unknown): string | undefined {
  if (typeof claim === 'string') return claim;
  return Number.isSafeInteger(claim) && Number(claim) >= 0 ? String(claim) : undefined;
}

function textIn(claim: unknown, maxLength: number): string | null {
  return typeof claim === 'string' && claim.length > 0 && claim.length <= maxLength ? claim : null;
}
