/**
 * What the page says, in Korean and English, and how it writes money and time.
 */

const LANGUAGE_KEY = 'point-top-up.language';

const TEXTS = {
  ko: {
    pageTitle: '포인트 충전',
    brand: '포인트 충전',
    pageSettings: '페이지 설정',
    otherLanguage: 'English',
    logOut: '로그아웃',
    testMode: '테스트 결제입니다. 실제로 돈이 빠져나가지 않습니다.',
    footer: '결제는 포트원(아임포트) 결제창에서 이루어지며, 카드 정보는 이 서비스에 저장되지 않습니다.',
    tryAgain: '다시 시도',

    headline: '필요한 만큼, 안전하게 충전하세요',
    promiseRate: '1포인트는 1원, 숨은 수수료가 없습니다',
    promiseChecked: '결제 금액은 서버가 결제사에 직접 확인합니다',
    promiseOnce: '한 번 결제하면 정확히 한 번만 적립됩니다',
    logInTitle: '로그인',
    signUpTitle: '회원가입',
    logIn: '로그인',
    signUp: '가입하고 시작하기',
    newHere: '처음이신가요?',
    toSignUp: '회원가입',
    haveAccount: '이미 계정이 있으신가요?',
    toLogIn: '로그인',
    working: '잠시만 기다려 주세요',
    name: '이름',
    email: '이메일',
    password: '비밀번호',
    passwordHint: '8자 이상 128자 이하',
    nameMissing: '이름을 입력해 주세요.',
    emailWrong: '이메일 주소를 확인해 주세요.',
    passwordMissing: '비밀번호를 입력해 주세요.',
    passwordTooShort: '비밀번호는 8자 이상이어야 합니다.',
    signedUpNowLogIn: '가입되었습니다. 로그인해 주세요.',
    sessionEnded: '로그인 시간이 끝났습니다. 다시 로그인하면 하던 일을 이어갈 수 있습니다.',
    logInToConfirm: '로그인하면 방금 한 결제를 바로 확인합니다.',

    pointsOf: '{name} 님의 포인트',
    available: '사용 가능',
    held: '취소 진행 중',
    checkoutTitle: '얼마를 충전할까요?',
    choosePackage: '충전 금액',
    packageMissing: '충전할 금액을 골라 주세요.',
    chooseMethod: '결제 수단',
    methodCard: '신용·체크카드',
    methodKakaopay: '카카오페이',
    methodTrans: '계좌이체',
    methodPhone: '휴대폰 결제',
    tel: '휴대폰 번호',
    optional: '선택',
    telHint: '일부 결제사가 결제창에서 사용합니다.',
    telWrong: '휴대폰 번호를 확인해 주세요.',
    pointAfter: '충전 후 포인트',
    toPay: '결제 금액',
    pay: '결제하기',
    payAmount: '{amount} 결제하기',
    payWorking: '결제 진행 중',
    openingWindow: '결제창을 여는 중입니다.',
    windowOpen: '결제창에서 결제를 마쳐 주세요.',
    startOver: '결제창이 보이지 않나요? 처음부터 다시',
    sdkUnavailable:
      '결제창을 불러오지 못했습니다. 인터넷 연결이나 광고 차단 프로그램을 확인한 뒤 결제 버튼을 다시 눌러 주세요.',

    checkingTitle: '결제를 확인하고 있습니다',
    checkingText: '결제사에 결제 내용을 확인하는 중입니다. 잠시만 기다려 주세요.',
    stillCheckingText:
      '아직 확인하지 못했습니다. 결제 정보는 이 기기에 보관되어 있으니 다시 결제하지 마세요. 연결되는 대로 다시 확인합니다.',
    waitingText: '확인이 늦어지고 있어 자동으로 다시 확인합니다.',
    checkAgain: '다시 확인',
    later: '나중에 확인하기',
    creditedTitle: '{points} 충전되었습니다',
    creditedText: '바로 사용할 수 있습니다.',
    notPaidTitle: '결제하지 않았습니다',
    notPaidText: '언제든 다시 시도할 수 있습니다.',
    refusedTitle: '포인트를 적립하지 못했습니다',
    gatewaySays: '결제사 안내',
    factPaid: '적립 포인트',
    factBalance: '보유 포인트',
    factTime: '적립 시각',
    factPayment: '결제 번호',
    done: '확인',
    backToForm: '돌아가기',

    historyTitle: '이용 내역',
    historyEmpty: '아직 내역이 없습니다. 첫 충전을 시작해 보세요.',
    historyMore: '더 보기',
    historyPayment: '포인트 충전',
    historyCancel: '결제 취소',
    historyBalance: '잔액 {points}',

    noConnection: '서버에 연결할 수 없습니다. 인터넷 연결을 확인해 주세요.',
    unexpected: '예상하지 못한 문제가 생겼습니다. 페이지를 새로 고쳐 주세요.',
  },
  en: {
    pageTitle: 'Point top-up',
    brand: 'Point top-up',
    pageSettings: 'Page settings',
    otherLanguage: '한국어',
    logOut: 'Log out',
    testMode: 'This is a test payment. No money is taken.',
    footer: 'You pay in the window of PortOne (iamport). Your card data is never stored by this service.',
    tryAgain: 'Try again',

    headline: 'Top up what you need, safely',
    promiseRate: 'One point is one won, with no hidden fees',
    promiseChecked: 'Our server checks every payment with the gateway',
    promiseOnce: 'Every payment is credited exactly once',
    logInTitle: 'Log in',
    signUpTitle: 'Sign up',
    logIn: 'Log in',
    signUp: 'Create account',
    newHere: 'New here?',
    toSignUp: 'Sign up',
    haveAccount: 'Already have an account?',
    toLogIn: 'Log in',
    working: 'One moment, please',
    name: 'Name',
    email: 'E-mail',
    password: 'Password',
    passwordHint: '8 to 128 characters',
    nameMissing: 'Please enter your name.',
    emailWrong: 'Please check the e-mail address.',
    passwordMissing: 'Please enter your password.',
    passwordTooShort: 'The password needs at least 8 characters.',
    signedUpNowLogIn: 'Your account is ready. Please log in.',
    sessionEnded: 'Your session has ended. Log in again to go on where you were.',
    logInToConfirm: 'Log in and we check the payment you just made.',

    pointsOf: 'Points of {name}',
    available: 'Available',
    held: 'Being cancelled',
    checkoutTitle: 'How much do you want to top up?',
    choosePackage: 'Amount',
    packageMissing: 'Please choose an amount.',
    chooseMethod: 'Payment method',
    methodCard: 'Card',
    methodKakaopay: 'KakaoPay',
    methodTrans: 'Bank transfer',
    methodPhone: 'Phone bill',
    tel: 'Mobile number',
    optional: 'optional',
    telHint: 'Some gateways use it in the payment window.',
    telWrong: 'Please check the mobile number.',
    pointAfter: 'Points after top-up',
    toPay: 'To pay',
    pay: 'Pay',
    payAmount: 'Pay {amount}',
    payWorking: 'Payment in progress',
    openingWindow: 'Opening the payment window.',
    windowOpen: 'Please finish in the payment window.',
    startOver: 'No payment window? Start over',
    sdkUnavailable:
      'The payment window could not be loaded. Check your connection or ad blocker, then press the pay button again.',

    checkingTitle: 'Checking your payment',
    checkingText: 'We are asking the gateway about your payment. This takes a moment.',
    stillCheckingText:
      'It could not be checked yet. The payment is kept on this device, so please do not pay again. We check again as soon as there is a connection.',
    waitingText: 'This takes longer than usual. We keep asking by ourselves.',
    checkAgain: 'Check again',
    later: 'Check later',
    creditedTitle: '{points} added',
    creditedText: 'You can use them right away.',
    notPaidTitle: 'The payment was not made',
    notPaidText: 'You can try again whenever you like.',
    refusedTitle: 'The points could not be added',
    gatewaySays: 'The gateway says',
    factPaid: 'Points added',
    factBalance: 'Your points',
    factTime: 'Added at',
    factPayment: 'Payment number',
    done: 'Done',
    backToForm: 'Back',

    historyTitle: 'History',
    historyEmpty: 'Nothing here yet. Start with your first top-up.',
    historyMore: 'Show more',
    historyPayment: 'Top-up',
    historyCancel: 'Cancellation',
    historyBalance: 'Balance {points}',

    noConnection: 'The server cannot be reached. Please check your connection.',
    unexpected: 'Something unexpected happened. Please reload the page.',
  },
};

const FORMATS = {
  ko: formatsFor('ko-KR', (figure) => `${figure}원`),
  en: formatsFor('en-US', (figure) => `₩${figure}`),
};

let language = rememberedLanguage() ?? (navigator.language.toLowerCase().startsWith('ko') ? 'ko' : 'en');

/** The language of the page, also sent to the server as Accept-Language: `ko` or `en`. */
export function currentLanguage() {
  return language;
}

/** Changes between Korean and English and remembers the choice on this device. */
export function switchLanguage() {
  language = language === 'ko' ? 'en' : 'ko';
  try {
    localStorage.setItem(LANGUAGE_KEY, language);
  } catch {
    // Storage may be blocked; the choice then holds until the page is left.
  }
}

/** A text of the page; `{name}` in it is replaced by `values.name`. */
export function text(key, values = {}) {
  const found = TEXTS[language][key];
  if (found === undefined) throw new Error(`No text named ${key}`);
  return found.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** An amount of money in whole won, e.g. `10,000원` or `₩10,000`. */
export function won(amount) {
  return FORMATS[language].won(FORMATS[language].figure.format(amount));
}

/** A number of points, e.g. `10,000P`. */
export function points(count) {
  return `${FORMATS[language].figure.format(count)}P`;
}

/** A change of points with its sign, e.g. `+10,000P`. */
export function pointChange(count) {
  return `${FORMATS[language].change.format(count)}P`;
}

/** A moment (ISO text of the API) as the reader's local date and time. */
export function moment(iso) {
  return FORMATS[language].moment.format(new Date(iso));
}

function formatsFor(locale, wonFormat) {
  return {
    won: wonFormat,
    figure: new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }),
    change: new Intl.NumberFormat(locale, { maximumFractionDigits: 0, signDisplay: 'exceptZero' }),
    moment: new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }),
  };
}

function rememberedLanguage() {
  try {
    const remembered = localStorage.getItem(LANGUAGE_KEY);
    return remembered === 'ko' || remembered === 'en' ? remembered : null;
  } catch {
    // Storage may be blocked: then the browser's own language decides.
    return null;
  }
}
