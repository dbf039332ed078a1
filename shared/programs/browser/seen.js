/* What a visitor sees of a page: its lines, their sizes, what is pale, and how wide it is; an expression. */
(() => {
  const channel = (c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const canvas = new OffscreenCanvas(1, 1), paint = canvas.getContext('2d', {willReadFrequently: true});
  const colour = (text) => {
    paint.clearRect(0, 0, 1, 1); paint.fillStyle = text; paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data];
  };
  const ground = (one) => {
    for (let each = one; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      if (style.backgroundImage !== 'none') return null;
      const found = colour(style.backgroundColor);
      if (found[3] === 255) return found;
      if (found[3] > 0) return null;
    }
    return [255, 255, 255, 255];
  };
  const letters = {}, pale = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), one = walker.currentNode.parentElement;
    if (!text || one.closest('script, style, noscript, template')) continue;
    if (!one.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    const style = getComputedStyle(one), size = parseFloat(style.fontSize), below = ground(one);
    letters[Math.floor(size)] = (letters[Math.floor(size)] || 0) + text.length;
    if (!below) continue;
    const [a, b] = [light(colour(style.color)), light(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const enough = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < enough - 0.01) pale.push(ratio.toFixed(1) + ': ' + text.slice(0, 60));
  }
  const root = document.documentElement;
  return {
    lines: document.body.innerText.split('\n').map((line) => line.trim()).filter(Boolean),
    width: root.scrollWidth, letters, pale: pale.slice(0, 20),
  };
})()
