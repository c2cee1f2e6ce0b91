import { closestOf } from './closest.js';
import type { Texts } from './start-error.js';

/** A way to pay that can be offered. */
export enum PaymentMethod {
  CARD = 'CARD',
  KAKAOPAY = 'KAKAOPAY',
  NAVERPAY = 'NAVERPAY',
  TOSSPAY = 'TOSSPAY',
  TRANSFER = 'TRANSFER',
  PHONE = 'PHONE',
  VIRTUAL_ACCOUNT = 'VIRTUAL_ACCOUNT',
}

/** One of the offered ways to pay, and the contract with a PG by which it is paid. */
export interface MethodSettings {
  method: PaymentMethod;
  /** Undefined where IAMPORT_CHANNEL_KEY, or the console's default, or `pg` decides. */
  channelKey: string | undefined;
  /** `code` or `code.MID`. */
  pg: string | undefined;
}

/** What a shop allows one owner to pay by one method, in whole won; what is left out has no limit. */
export interface MethodLimits {
  /** In one payment. */
  max?: number;
  /** In one Korean day. */
  day?: number;
  /** In one Korean month. */
  month?: number;
}

export type PaymentLimits = Partial<Record<PaymentMethod, MethodLimits>>;

/** What was read, or all that is wrong with it. */
export type Read<Value> = { value: Value; faults: [] } | { value: undefined; faults: Texts[] };

/** As the settings spell them: the words of the gateway's own documentation. */
const METHODS_BY_WORD: Readonly<Record<string, PaymentMethod>> = {
  card: PaymentMethod.CARD,
  kakaopay: PaymentMethod.KAKAOPAY,
  naverpay: PaymentMethod.NAVERPAY,
  tosspay: PaymentMethod.TOSSPAY,
  trans: PaymentMethod.TRANSFER,
  phone: PaymentMethod.PHONE,
  vbank: PaymentMethod.VIRTUAL_ACCOUNT,
};
export const METHOD_WORDS = Object.keys(METHODS_BY_WORD);

/** PGs that take payments in won, by their codes (documented: PortOne developer documentation, V1, code list). */
export const PG_CODES: readonly string[] = [
  'html5_inicis',
  'inicis',
  'kcp',
  'kcp_billing',
  'kcp_quick',
  'tosspayments',
  'uplus',
  'toss_brandpay',
  'tosspay',
  'tosspay_v2',
  'nice',
  'nice_v2',
  'danal',
  'danal_tpay',
  'mobilians',
  'mobilians_v2',
  'kicc',
  'kakaopay',
  'naverpay',
  'naverco',
  'payco',
  'smilepay',
  'smartro',
  'smartro_v2',
  'settle',
  'settle_acc',
  'daou',
  'ksnet',
  'welcome',
  'galaxia',
];

const CHANNEL_KEY = /^[\w-]{1,100}$/;
const PG = /^([a-z0-9_]{1,20})(\.[\w-]{1,50})?$/;
const AMOUNT = /^[1-9]\d{0,9}$/;
const INT_MAX = 2 ** 31 - 1;
const LIMIT_WORDS = ['max', 'day', 'month'] as const;
/** What was meant is not known, so no more of it is repeated: it can be anything. */
const REPEATED_MAX_CHARS = 30;

/** @param text such as `card=channel-key-1@html5_inicis,kakaopay=@kakaopay,trans`. */
export function readPaymentMethods(text: string): Read<MethodSettings[]> {
  const faults: Texts[] = [];
  const methods: MethodSettings[] = [];
  for (const part of partsOf(text)) {
    const [word, contract] = divided(part, '=');
    const method = methodOf(word, faults);
    const [channelKey, pg] = divided(contract ?? '', '@');
    const contractFault = contract === undefined ? undefined : faultOfContract(word, channelKey, pg);
    if (contractFault) faults.push(contractFault);
    if (!method || contractFault) continue;
    if (methods.some((one) => one.method === method)) faults.push(twice(word));
    else methods.push({ method, channelKey: channelKey || undefined, pg });
  }
  return faults.length > 0 ? { value: undefined, faults } : { value: methods, faults: [] };
}

/** Whatever else is wrong with the text. */
export function namesVirtualAccounts(text: string): boolean {
  return partsOf(text).some(
    (part) => METHODS_BY_WORD[divided(part, '=')[0]] === PaymentMethod.VIRTUAL_ACCOUNT,
  );
}

/** @param text such as `card:max=500000;day=1000000;month=2000000,phone:month=300000`. */
export function readPaymentLimits(text: string): Read<PaymentLimits> {
  const faults: Texts[] = [];
  const limits: PaymentLimits = {};
  for (const part of partsOf(text)) {
    const [word, list = ''] = divided(part, ':');
    const method = methodOf(word, faults);
    const read = readLimits(word, list, faults);
    if (!method || !read) continue;
    if (limits[method]) faults.push(twice(word));
    else limits[method] = read;
  }
  return faults.length > 0 ? { value: undefined, faults } : { value: limits, faults: [] };
}

function readLimits(word: string, list: string, faults: Texts[]): MethodLimits | undefined {
  const limits: MethodLimits = {};
  for (const part of list.split(';')) {
    const [name, amount = ''] = divided(part.trim(), '=');
    const limit = LIMIT_WORDS.find((one) => one === name);
    const isAmount = AMOUNT.test(amount) && Number(amount) <= INT_MAX;
    if (!limit || !isAmount || limits[limit] !== undefined) {
      faults.push({
        ko: `${shown(word)} 의 한도는 max(한 건), day(하루), month(한 달)를 원 단위 정수로 적습니다. 예: card:max=500000;day=1000000;month=2000000`,
        en: `limits ${shown(word)} by something else than max (one payment), day and month in whole won, such as card:max=500000;day=1000000;month=2000000`,
      });
      return undefined;
    }
    limits[limit] = Number(amount);
  }
  return limits;
}

function faultOfContract(word: string, channelKey: string, pg: string | undefined): Texts | undefined {
  const method = shown(word);
  const code = pg === undefined ? undefined : PG.exec(pg)?.[1];
  if (pg !== undefined && (code === undefined || !PG_CODES.includes(code))) {
    const closest = closestOf(divided(pg, '.')[0] ?? '', PG_CODES);
    return {
      ko: `${method} 의 PG ${shown(pg)} 을(를) 모릅니다.${closest === undefined ? ` PG 코드: ${PG_CODES.join(', ')}` : ` ${closest} 인가요?`}`,
      en: `names a PG for ${method} that there is not: ${shown(pg)}.${closest === undefined ? ` The codes are ${PG_CODES.join(', ')}` : ` Did you mean ${closest}?`}`,
    };
  }
  if (channelKey === '' && pg !== undefined) return undefined;
  if (PG_CODES.includes(divided(channelKey, '.')[0] ?? '')) {
    return {
      ko: `${method} 의 ${shown(channelKey)} 은(는) 채널 키가 아니라 PG 코드입니다. 앞에 @ 를 붙이세요: ${method}=@${shown(channelKey)}`,
      en: `has the code of a PG where ${method} has its channel key; put an @ before it: ${method}=@${shown(channelKey)}`,
    };
  }
  if (CHANNEL_KEY.test(channelKey)) return undefined;
  return {
    ko: `${method} 은(는) 채널키@PG 로 적습니다. 예: ${method}=channel-key-…@html5_inicis`,
    en: `has something else for ${method} than key@pg, such as ${method}=channel-key-…@html5_inicis`,
  };
}

function methodOf(word: string, faults: Texts[]): PaymentMethod | undefined {
  if (Object.hasOwn(METHODS_BY_WORD, word)) return METHODS_BY_WORD[word];
  const closest = closestOf(word, METHOD_WORDS);
  faults.push({
    ko: `결제수단 ${shown(word)} 을(를) 모릅니다.${closest === undefined ? ` 쓸 수 있는 것: ${METHOD_WORDS.join(', ')}` : ` ${closest} 인가요?`}`,
    en: `names a way to pay that there is not: ${shown(word)}.${closest === undefined ? ` There are ${METHOD_WORDS.join(', ')}` : ` Did you mean ${closest}?`}`,
  });
  return undefined;
}

function twice(word: string): Texts {
  return { ko: `값에 ${word} 이(가) 두 번 있습니다`, en: `names ${word} twice` };
}

function partsOf(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

/** Before and after the first `sign`; one text where there is none. */
function divided(text: string, sign: string): [string, string?] {
  const at = text.indexOf(sign);
  return at < 0 ? [text.trim()] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function shown(text: string): string {
  return text.length > REPEATED_MAX_CHARS ? `${text.slice(0, REPEATED_MAX_CHARS)}…` : text || '""';
}
