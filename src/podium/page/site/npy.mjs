// NumPy's own files, as far as a clip needs them: (frames, columns), little-endian float32 or float64, in either order.

/**
 * @param {ArrayBuffer} buffer A whole .npy file.
 * @param {number} numColumns How many columns the clip must have.
 * @return {Float32Array} Frame by frame.
 */
export function readNpy(buffer, numColumns) {
  const view = new DataView(buffer);
  if (buffer.byteLength < 12 || view.getUint32(0) !== 0x934e554d) throw new Error('this is no .npy file');
  const isFirst = view.getUint8(6) === 1;
  const begin = isFirst ? 10 : 12;
  const end = begin + (isFirst ? view.getUint16(8, true) : view.getUint32(8, true));
  if (buffer.byteLength < end) throw new Error('the file is cut off in its header');
  const header = new TextDecoder().decode(buffer.slice(begin, end));
  const [, type] = /'descr': '([^']*)'/.exec(header) ?? [];
  const [, shape] = /'shape': \(([^)]*)\)/.exec(header) ?? [];
  const Numbers = {'<f4': Float32Array, '<f8': Float64Array}[type];
  if (type === undefined || shape === undefined) throw new Error('the header is damaged, or of an array of records');
  if (!Numbers) throw new Error(`the array is ${type}, not float32 or float64`);
  const sizes = shape.split(',').map((size) => size.trim()).filter(Boolean).map(Number);
  if (sizes.length !== 2 || sizes[1] !== numColumns) {
    throw new Error(`the array has the shape (${shape}); a clip is (frames, ${numColumns})`);
  }
  const [numFrames] = sizes;
  const numBytes = numFrames * numColumns * Numbers.BYTES_PER_ELEMENT;
  if (buffer.byteLength - end !== numBytes) throw new Error('the file is cut off, or holds more than an array');
  const values = Float32Array.from(new Numbers(buffer.slice(end)));
  if (!header.includes("'fortran_order': True")) return values;
  return values.map((_, index) => values[(index % numColumns) * numFrames + Math.floor(index / numColumns)]);
}
