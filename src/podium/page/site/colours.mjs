// The colours of a decoded picture as FFmpeg makes them, by which Python and the competition saw theirs. Browsers round
// each colour to the nearest number; FFmpeg's quick path rounds each term down, so that a picture is darker by one or
// two of 255, which MediaPipe sees.

const MATRICES = { // of 65536: red from V, blue from U, green from U and V (ITU-R BT.601, BT.709)
  bt601: [104597, 132201, -25675, -53279],
  bt709: [117489, 138438, -13975, -34925],
};
const NAMES = {smpte170m: 'bt601', bt470bg: 'bt601', bt709: 'bt709'}; // as browsers call them; none means bt601
const CHROMA = {I420: {step: 1, planes: [1, 2]}, NV12: {step: 2, planes: [1, 1]}};

/**
 * @param {VideoFrame} frame
 * @param {?object} told What the file says of its colours (VideoColorSpaceInit).
 * @return {Promise<?ImageData>} As it was coded, not turned; null if the frame is of another kind: draw it then.
 */
export async function pixelsOf(frame, told) {
  const chroma = CHROMA[frame.format];
  const matrix = MATRICES[told?.matrix ? NAMES[told.matrix] : 'bt601'];
  if (!chroma || !matrix) return null;
  const {width, height} = frame.visibleRect;
  const content = new Uint8Array(frame.allocationSize());
  const layout = await frame.copyTo(content);
  const [{y, red, blue, greenU, greenV}, {step, planes}] = [tables(matrix, Boolean(told?.fullRange)), chroma];
  const [luma, first, second] = [layout[0], layout[planes[0]], layout[planes[1]]];
  const secondAt = second.offset + (first === second ? 1 : 0);
  const picture = new ImageData(width, height);
  const {data} = picture;
  for (let row = 0, place = 0; row < height; row++) {
    const half = row >> 1;
    for (let column = 0; column < width; column++, place += 4) {
      const across = (column >> 1) * step;
      const u = content[first.offset + half * first.stride + across];
      const v = content[secondAt + half * second.stride + across];
      const light = y[content[luma.offset + row * luma.stride + column]];
      data[place] = light + red[v];
      data[place + 1] = light + greenU[u] + greenV[v];
      data[place + 2] = light + blue[u];
      data[place + 3] = 255;
    }
  }
  return picture;
}

/** What each value of Y, U and V adds to a colour: products of 16 bits, of which the upper half is kept. */
function tables([vToRed, uToBlue, uToGreen, vToGreen], isFull) {
  const table = (factor, middle) => {
    const coefficient = Math.round(factor / 8);
    return Int16Array.from({length: 256}, (_, value) => ((value - middle) * 8 * coefficient) >> 16);
  };
  const chroma = (factor) => table(isFull ? factor * 224 / 255 : factor, 128);
  return {
    y: isFull ? table(65536, 0) : table(65536 * 255 / 219, 16),
    red: chroma(vToRed), blue: chroma(uToBlue), greenU: chroma(uToGreen), greenV: chroma(vToGreen),
  };
}

const TURNS = { // clockwise, in degrees: a canvas transform for a canvas of that width and height
  0: () => [1, 0, 0, 1, 0, 0],
  90: (width) => [0, 1, -1, 0, width, 0],
  180: (width, height) => [-1, 0, 0, -1, width, height],
  270: (width, height) => [0, -1, 1, 0, 0, height],
};

/** Draws a picture upright over a whole canvas. */
export function drawTurned(context, picture, rotation) {
  const {width, height} = context.canvas;
  const flat = new OffscreenCanvas(picture.width, picture.height);
  flat.getContext('2d', {willReadFrequently: true}).putImageData(picture, 0, 0);
  context.setTransform(...TURNS[rotation](width, height));
  context.drawImage(flat, 0, 0, ...(rotation % 180 ? [height, width] : [width, height]));
  context.resetTransform();
}
