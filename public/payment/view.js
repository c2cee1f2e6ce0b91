/**
 * Puts what is known onto the page. Everything is set as text, never as HTML.
 */
import { currentLanguage, dayOfYear, moment, pointChange, points, text, won } from './texts.js';

const PLACEHOLDER_COUNT = 5;
/** The days that come first; the others come soon enough. */
const EXPIRING_DAYS_SHOWN = 3;
const RESULT_ICONS = { credited: 'icon-check', notPaid: 'icon-stop', refused: 'icon-stop' };
const NOTHING_YET = '–';
/** False where the login is the shop's own. */
export const hasOwnLogin = document.documentElement.dataset.login !== 'host';

const FACES = ['loading', 'connection-problem', 'welcome', 'account'];

/** An element of payment.html by its id. */
export function part(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`payment.html has no #${id}`);
  return found;
}

/** Shows one of the page's four faces: `loading`, `connection-problem`, `welcome` or `account`. */
export function showFace(shown) {
  for (const face of FACES) part(face).hidden = face !== shown;
  // The others have a heading of their own.
  part('page-title').hidden = shown !== 'loading';
  part('own-account').hidden = shown !== 'account' || !hasOwnLogin;
  part('log-out').hidden = shown !== 'account' || !hasOwnLogin;
  part('page').setAttribute('aria-busy', String(shown === 'loading'));
}

const shownMessages = new Map();

/**
 * Says something beside what it is about, and says it again in the other language when that changes.
 *
 * @param say gives the text; null takes it away
 */
export function renderMessage(id, say) {
  shownMessages.set(id, say);
  part(id).textContent = say === null ? '' : say();
}

/** Writes every fixed text of the page in the current language, and what was said beside it. */
export function renderFixedTexts() {
  for (const [id, say] of shownMessages) renderMessage(id, say);
  document.documentElement.lang = currentLanguage();
  document.title = text('pageTitle');
  for (const element of document.querySelectorAll('[data-text]'))
    element.textContent = text(element.dataset.text);
  for (const element of document.querySelectorAll('[data-label]')) {
    element.setAttribute('aria-label', text(element.dataset.label));
  }
  part('language').textContent = text('otherLanguage');
  part('language').lang = currentLanguage() === 'ko' ? 'en' : 'ko';
}

/** @param auth `{ mode: 'logIn' | 'signUp', working, note }`, note being the key of a text or null */
export function renderAuth({ mode, working, note }) {
  const signingUp = mode === 'signUp';
  part('auth-title').textContent = text(signingUp ? 'signUpTitle' : 'logInTitle');
  part('auth-note').textContent = note === null ? '' : text(note);
  part('name-field').hidden = !signingUp;
  part('password-hint').hidden = !signingUp;
  part('password').autocomplete = signingUp ? 'new-password' : 'current-password';
  part('submit-auth').textContent = text(working ? 'working' : signingUp ? 'signUp' : 'logIn');
  part('submit-auth').disabled = working;
  part('switch-auth').disabled = working;
  part('switch-auth-question').textContent = text(signingUp ? 'haveAccount' : 'newHere');
  part('switch-auth').textContent = text(signingUp ? 'toLogIn' : 'toSignUp');
}

/** The same where the login is the shop's. @param canLogIn whether the page knows where */
export function renderHostLogin({ note }, canLogIn) {
  part('host-login-note').textContent = text(note ?? 'hostLogInNote');
  part('host-log-in').hidden = !canLogIn;
}

/** Says below a field what is wrong with it; null takes it away. */
export function renderFieldError(id, say) {
  renderMessage(`${id}-error`, say);
  part(id).setAttribute('aria-invalid', String(say !== null));
}

export function renderBalance(user) {
  // The shop's login need not tell a name.
  part('balance-owner').textContent = user.name ? text('pointsOf', { name: user.name }) : text('yourPoints');
  part('balance').textContent = points(user.point);
  part('available').textContent = points(user.availablePoint);
  part('held').textContent = points(user.heldPoint);
  part('held-row').hidden = user.heldPoint === 0;
  part('expiring').hidden = user.expiringPoints.length === 0;
  part('expiring').replaceChildren(
    ...user.expiringPoints.slice(0, EXPIRING_DAYS_SHOWN).map(({ day, point }) => {
      const said = { day: dayOfYear(day), points: points(point) };
      return make('li', { textContent: text('expiring', said) });
    }),
  );
  part('debt').hidden = user.point >= 0;
  part('debt').textContent = text('debt', { points: points(-user.point) });
}

/** @param packages `{ amount, bonus, popular }` each, or null while they are being loaded */
export function renderPackages(packages, chosenAmount) {
  part('packages').replaceChildren(
    ...(packages === null
      ? placeholders('choice')
      : packages.map((offered) => packageChoice(offered, chosenAmount))),
  );
}

function packageChoice({ amount, bonus, popular }, chosenAmount) {
  const radio = make('input', {
    type: 'radio',
    name: 'amount',
    value: amount,
    checked: amount === chosenAmount,
  });
  radio.dataset.test = `package-${amount}`;
  return make('label', { className: 'choice' }, [
    radio,
    make('strong', { textContent: points(amount) }),
    make('span', { textContent: won(amount) }),
    ...packageMarks(bonus, popular),
  ]);
}

function packageMarks(bonus, popular) {
  const marks = [];
  if (popular) marks.push(make('em', { className: 'mark popular', textContent: text('packagePopular') }));
  if (bonus > 0) {
    const badge = text('packageBonus', { points: pointChange(bonus) });
    marks.push(make('em', { className: 'mark bonus', textContent: badge }));
  }
  return marks.length === 0 ? [] : [make('span', { className: 'marks' }, marks)];
}

/**
 * @param payment `{ stage: 'form' | 'opening' | 'open' }`
 * @param chosen the package, or null
 * @param isOrdered there is an order for it, whose window waits for a click
 */
export function renderPayBar({ stage }, chosen, isOrdered, user) {
  const chosenAmount = chosen?.amount ?? null;
  const working = stage === 'opening' || stage === 'open';
  part('to-pay').textContent = chosenAmount === null ? NOTHING_YET : won(chosenAmount);
  part('point-after').textContent =
    chosenAmount === null ? NOTHING_YET : points(user.point + chosen.amount + chosen.bonus);
  part('pay').disabled = working;
  part('pay').dataset.working = working;
  part('pay-label').textContent = payLabel(working, chosenAmount, isOrdered);
  part('package-group').disabled = working;
  part('method-group').disabled = working;
  part('tel').disabled = working;
  part('consent').disabled = working;
  part('paying').dataset.asks = !working && isOrdered;
  part('paying-text').textContent = payingText(stage, isOrdered);
  part('start-over').hidden = stage !== 'open';
}

function payLabel(working, chosenAmount, isOrdered) {
  if (working) return text('payWorking');
  if (chosenAmount === null) return text('pay');
  return text(isOrdered ? 'openWindow' : 'payAmount', { amount: won(chosenAmount) });
}

function payingText(stage, isOrdered) {
  if (stage === 'open') return text('windowOpen');
  if (stage === 'opening') return text('openingWindow');
  return isOrdered ? text('clickAgain') : '';
}

/**
 * @param result null for the form, or `{ outcome, impUid, transaction, error, isForAnother, failure, gatewayText }`; outcome
 *   is one of confirmPayment's, or `checking`
 */
export function renderResult(result) {
  part('top-up').hidden = result !== null;
  part('result').hidden = result === null;
  if (result === null) return;
  const { outcome } = result;
  const wording = RESULT_WORDING[outcome];
  part('result').dataset.outcome = outcome;
  part('result-mark').dataset.outcome = result.isForAnother ? 'forAnother' : outcome;
  part('result-icon').setAttribute(
    'href',
    `#${(!result.isForAnother && RESULT_ICONS[outcome]) || 'icon-clock'}`,
  );
  part('result-title').textContent = wording.title(result);
  part('result-text').textContent = wording.text(result);
  part('gateway-text').textContent = result.gatewayText ?? '';
  part('gateway-text-box').hidden = outcome !== 'notPaid' || !result.gatewayText;
  part('result-facts').replaceChildren(...resultFacts(result).map(fact));
  part('check-again').hidden =
    !['checking', 'undecided', 'refused'].includes(outcome) || Boolean(result.isForAnother);
  part('result-close').hidden = outcome === 'checking';
  part('result-close').textContent = text(wording.close);
  part('result-close').className = part('check-again').hidden ? 'primary' : 'secondary';
}

const RESULT_WORDING = {
  checking: {
    title: () => text('checkingTitle'),
    text: ({ error }) => (error ? text('waitingText') : text('checkingText')),
    close: 'later',
  },
  undecided: {
    title: () => text('checkingTitle'),
    text: () => text('stillCheckingText'),
    close: 'later',
  },
  credited: {
    title: ({ transaction }) => text('creditedTitle', { points: points(transaction.amount) }),
    text: () => text('creditedText'),
    close: 'done',
  },
  notPaid: {
    title: () => text('notPaidTitle'),
    text: ({ failure }) => text(FAILURES[failure] ?? 'failedText'),
    close: 'backToForm',
  },
  refused: {
    title: ({ isForAnother }) => text(isForAnother ? 'forAnotherTitle' : 'refusedTitle'),
    text: ({ error, isForAnother }) => (isForAnother ? text('forAnotherText') : error.readerText),
    close: 'backToForm',
  },
};

/** By the kinds of window-failure.js. */
const FAILURES = {
  alreadyPaid: 'alreadyPaidText',
  declined: 'declinedText',
  givenUp: 'givenUpText',
  notOpened: 'notOpenedText',
};

function resultFacts({ outcome, impUid, transaction }) {
  if (outcome === 'credited') {
    return [
      ['factPaid', pointChange(transaction.amount)],
      ['factBalance', points(transaction.user.point)],
      ['factTime', moment(transaction.createdAt)],
      ['factPayment', impUid],
    ];
  }
  // Whoever asks for help needs the number of the payment.
  return outcome === 'refused' || outcome === 'undecided' ? [['factPayment', impUid]] : [];
}

/** One line of a list of facts: the key of its label, and its value. */
export function fact([label, value]) {
  const row = make('div', {}, [make('dt', { textContent: text(label) }), make('dd', { textContent: value })]);
  row.dataset.test = `result-${label}`;
  return row;
}

/** Grey shapes in the place of what is being loaded. */
export function placeholders(className, tag = 'div') {
  return Array.from({ length: PLACEHOLDER_COUNT }, () => make(tag, { className: `${className} skeleton` }));
}

/** A new element; texts are set as `textContent`. */
export function make(tag, properties, children = []) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
