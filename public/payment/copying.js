/**
 * Copying a text for the reader, also where a browser keeps its clipboard from pages.
 */

/**
 * Copies the text of an element. Where that is not allowed the text stays selected, so that one press of the reader copies it.
 *
 * @returns whether it was copied
 */
export async function copyTextOf(element) {
  try {
    // Browsers offer it on https and localhost only, and may ask the reader or refuse.
    if (!navigator.clipboard) return copySelected(element);
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    return copySelected(element);
  }
}

function copySelected(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  }
}
