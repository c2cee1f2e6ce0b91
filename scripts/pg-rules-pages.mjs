// The two pages docs/pg-rules*.md out of the table of PGs: npm run pg-rules writes them, and a test compares them.

const WORDS = {
  en: {
    other: 'pg-rules.ko.md',
    otherName: '한국어',
    title: 'PG rules',
    intro: [
      'What each PG behind iamport (PortOne V1) allows for each way to pay, as far as anybody has written it down. The server reads the same table ([pg-rules.ts](../src/iamport/pg-rules.ts)); `npm run pg-rules` writes this page from it, and a test compares the two.',
      'A dash means that nobody says, which is no "no". A question mark means that it is assumed. Letters name the [sources](#sources).',
    ],
    uses: 'What follows from it',
    useList: [
      'A cancel that a documented rule is against is refused with `CANCEL_NOT_POSSIBLE` before the PG is asked: no points are held.',
      'What is assumed or not known refuses nobody. The PG is asked; a line of the log names the cancellation and the rules that nobody knew, and `Cancellation.refusal` keeps its words.',
      'A deadline in days or months ends at midnight in Korea on the last day. One with "about" is told and never enforced.',
      '`refundQuote` says what holds for one payment, `paymentCapabilities` what the configured channel allows. Smallest and largest amounts are told and not enforced.',
      'A PG that holds too little of the shop’s money refuses refunds: KCP with 8178, Daou with 9029, NICE and Danal in words. `CANCEL_REFUSED` has the reason `TOO_LITTLE_UNSETTLED` then: pay some in at the PG, or wait for more sales. Where the PG is made to refund outside of PortOne, PortOne goes on showing `paid` until its support corrects it.',
    ],
    methods: {
      card: 'Card',
      trans: 'Bank transfer',
      vbank: 'Virtual account',
      phone: 'Phone bill',
      others: 'Other ways to pay',
    },
    columns: {
      pg: 'PG',
      method: 'Way to pay',
      partialCancel: 'In part',
      partialCancelsMax: 'Parts at most',
      cancelEnd: 'Until',
      closedHours: 'Not at',
      refundAccount: 'Refund account',
      answersLater: 'Ends later',
      taxOnCancel: 'Named again',
      minAmount: 'From (won)',
      maxAmount: 'Up to (won)',
      accountRevoke: 'Can be closed',
      cashReceipt: 'Cash receipt',
      notes: 'Notes',
      sources: 'Sources',
    },
    yes: 'yes',
    no: 'no',
    end: {
      NONE: () => 'no end',
      NEVER: () => 'never',
      CALENDAR_MONTH: () => 'its calendar month',
      MONTHS: (count) => `${count} months`,
      ABOUT_MONTHS: (count) => `about ${count} months`,
      DAYS: (count) => `${count.toLocaleString('en-US')} days`,
    },
    hours: ({ from, until }) => `${from}:00 to ${until}:00`,
    account: { NONE: 'no', ACCOUNT: 'yes', ACCOUNT_AND_PHONE: 'yes, and a phone number' },
    tax: { TAX_FREE: 'tax-free part', VAT: 'VAT' },
    receipt: {
      NONE: 'no',
      AT_PAYMENT: 'in the window',
      LATER: 'by a call',
      AT_PAYMENT_OR_LATER: 'in the window or by a call',
    },
    notes: 'Notes on this table:',
    sources: 'Sources',
    figure: (value) => value.toLocaleString('en-US'),
  },
  ko: {
    other: 'pg-rules.md',
    otherName: 'English',
    title: 'PG별 규칙',
    intro: [
      '아임포트(포트원 V1)의 PG가 결제수단마다 허용하는 것을 문서에 적힌 만큼 모았습니다. 서버도 같은 표([pg-rules.ts](../src/iamport/pg-rules.ts))를 읽습니다. 이 문서는 `npm run pg-rules`가 그 표로 쓰고, 테스트가 둘을 비교합니다.',
      '줄표는 어디에도 적혀 있지 않다는 뜻이며 "안 됨"이 아닙니다. 물음표는 추정입니다. 글자는 [출처](#출처)입니다.',
    ],
    uses: '서버가 하는 일',
    useList: [
      '문서에 적힌 규칙에 어긋나는 취소는 PG에 묻기 전에 `CANCEL_NOT_POSSIBLE`로 거절합니다. 포인트는 묶이지 않습니다.',
      '추정하거나 모르는 규칙으로는 아무도 거절하지 않습니다. PG에 묻고, 로그 한 줄에 취소와 모르던 규칙을 남기며, PG의 말은 `Cancellation.refusal`에 있습니다.',
      '일이나 달로 세는 기한은 마지막 날 한국 시간 자정에 끝납니다. "약"이 붙은 기한은 알려 주기만 하고 막지 않습니다.',
      '결제 한 건에 대해서는 `refundQuote`가, 설정한 채널에 대해서는 `paymentCapabilities`가 알려 줍니다. 최소, 최대 금액은 알려 주기만 하고 막지 않습니다.',
      'PG가 가진 정산 전 금액보다 큰 환불은 거절됩니다. KCP는 8178, 다우는 9029, 나이스와 다날은 문장으로 답합니다. 이때 `CANCEL_REFUSED`의 이유는 `TOO_LITTLE_UNSETTLED`입니다. PG에 금액을 예치하거나 매출이 더 생긴 뒤 다시 취소하세요. 포트원 밖에서 PG가 강제로 환불하면 포트원에는 고객지원이 고칠 때까지 `paid`로 남습니다.',
    ],
    methods: {
      card: '카드',
      trans: '계좌이체',
      vbank: '가상계좌',
      phone: '휴대폰',
      others: '다른 결제수단',
    },
    columns: {
      pg: 'PG',
      method: '결제수단',
      partialCancel: '부분취소',
      partialCancelsMax: '부분취소 횟수',
      cancelEnd: '기한',
      closedHours: '안 되는 시간',
      refundAccount: '환불 계좌',
      answersLater: '나중에 끝남',
      taxOnCancel: '취소에 다시 보낼 것',
      minAmount: '최소(원)',
      maxAmount: '최대(원)',
      accountRevoke: '계좌 말소',
      cashReceipt: '현금영수증',
      notes: '참고',
      sources: '출처',
    },
    yes: '됨',
    no: '안 됨',
    end: {
      NONE: () => '없음',
      NEVER: () => '취소 불가',
      CALENDAR_MONTH: () => '결제한 달',
      MONTHS: (count) => `${count}개월`,
      ABOUT_MONTHS: (count) => `약 ${count}개월`,
      DAYS: (count) => `${count.toLocaleString('ko-KR')}일`,
    },
    hours: ({ from, until }) => `${from}시부터 ${until}시까지`,
    account: { NONE: '필요 없음', ACCOUNT: '필요', ACCOUNT_AND_PHONE: '전화번호까지 필요' },
    tax: { TAX_FREE: '면세 금액', VAT: '부가세' },
    receipt: {
      NONE: '없음',
      AT_PAYMENT: '결제창',
      LATER: 'API',
      AT_PAYMENT_OR_LATER: '결제창 또는 API',
    },
    notes: '이 표의 참고:',
    sources: '출처',
    figure: (value) => value.toLocaleString('ko-KR'),
  },
};

const RULES = [
  'partialCancel',
  'partialCancelsMax',
  'cancelEnd',
  'closedHours',
  'refundAccount',
  'answersLater',
  'accountRevoke',
  'taxOnCancel',
  'minAmount',
  'maxAmount',
  'cashReceipt',
];
const MAIN_METHODS = ['card', 'trans', 'vbank', 'phone'];

/**
 * One page as Markdown, not yet formatted.
 *
 * @param language `ko` or `en`
 * @param table PG_TABLE of src/iamport/pg-rules.ts
 */
export function pgRulesPage(language, table) {
  const words = WORDS[language];
  const rows = table.flatMap((pg) =>
    Object.entries(pg.methods).map(([method, rules]) => ({ pg, method, rules })),
  );
  const sources = [...new Set(rows.flatMap(({ rules }) => sourcesOf(rules)))].toSorted((a, b) =>
    a.localeCompare(b, 'en'),
  );
  const tables = [...MAIN_METHODS, 'others'].flatMap((group) => {
    const chosen = rows.filter(({ method }) =>
      group === 'others' ? !MAIN_METHODS.includes(method) : method === group,
    );
    return [`## ${words.methods[group]}`, ...tableOf(chosen, group, { language, words, sources })];
  });
  return [
    `# ${words.title}`,
    `[${words.otherName}](${words.other})`,
    ...words.intro,
    `## ${words.uses}`,
    words.useList.map((use) => `- ${use}`).join('\n'),
    ...tables,
    `## ${words.sources}`,
    sources.map((source, index) => `- ${letterOf(index)}: ${source}`).join('\n'),
    '',
  ].join('\n\n');
}

function tableOf(rows, group, { language, words, sources }) {
  const notes = [
    ...new Set(rows.flatMap(({ rules }) => notesOf(rules).map((note) => JSON.stringify(note)))),
  ].map((note) => JSON.parse(note));
  // What nobody knows of any PG has no column.
  const shown = RULES.filter((name) => rows.some(({ rules }) => rules[name].value !== null));
  const head = [
    words.columns.pg,
    ...(group === 'others' ? [words.columns.method] : []),
    ...shown.map((name) => words.columns[name]),
    words.columns.notes,
    words.columns.sources,
  ];
  const body = rows.map(({ pg, method, rules }) => [
    `${pg.names[language]} \`${pg.pg}\``,
    ...(group === 'others' ? [`\`${method}\``] : []),
    ...shown.map((name) => cellOf(rules[name], name, words)),
    notesOf(rules)
      .map((note) => notes.findIndex(({ en }) => en === note.en) + 1)
      .toSorted((a, b) => a - b)
      .join(', '),
    sourcesOf(rules)
      .map((source) => sources.indexOf(source))
      .toSorted((a, b) => a - b)
      .map(letterOf)
      .join(' '),
  ]);
  const lines = [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`);
  const list = notes.map((note, index) => `${index + 1}. ${note[language]}`).join('\n');
  return notes.length === 0 ? [lines.join('\n')] : [lines.join('\n'), words.notes, list];
}

function cellOf({ value, certainty }, name, words) {
  if (value === null) return '–';
  const text = textOf(value, name, words);
  return certainty === 'ASSUMED' ? `${text} (?)` : text;
}

function textOf(value, name, words) {
  switch (name) {
    case 'cancelEnd':
      return words.end[value.kind](value.count);
    case 'closedHours':
      return words.hours(value);
    case 'refundAccount':
      return words.account[value];
    case 'taxOnCancel':
      return value.map((one) => words.tax[one]).join(', ');
    case 'cashReceipt':
      return words.receipt[value];
    default:
      return typeof value === 'boolean' ? (value ? words.yes : words.no) : words.figure(value);
  }
}

function notesOf(rules) {
  return RULES.map((name) => rules[name].note).filter((note) => note !== undefined);
}

function sourcesOf(rules) {
  return [...new Set(RULES.flatMap((name) => rules[name].sources ?? []))];
}

function letterOf(index) {
  return index < 26 ? String.fromCodePoint(65 + index) : `A${letterOf(index - 26)}`;
}
