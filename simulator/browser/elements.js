/** Texts only ever become text: what shops send is never read as HTML. */
export function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

export function button(text, onClick, properties = {}) {
  const node = element('button', { type: 'button', ...properties }, text);
  node.addEventListener('click', () => void onClick(node));
  return node;
}

/** Answers a function that draws only what is new: redrawing without need would take the focus and the selection away. */
export function drawnWhenNew(draw) {
  let last = '';
  return (answer) => {
    const text = JSON.stringify(answer);
    if (text === last) return;
    last = text;
    draw(answer);
  };
}

export const byId = (id) => document.getElementById(id);

const SAID_MS = 8000;
let silence;

/** Says something to the one who pressed a button. */
export function say(text) {
  clearTimeout(silence);
  byId('said').textContent = text;
  silence = setTimeout(() => {
    byId('said').textContent = '';
  }, SAID_MS);
}
