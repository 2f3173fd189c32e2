// NumPy's own files, as far as a clip needs them: little-endian float32 in C order.

export function readNpy(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < 10 || view.getUint32(0) !== 0x934e554d) throw new Error('this is no .npy file');
  const isFirst = view.getUint8(6) === 1;
  const begin = isFirst ? 10 : 12;
  const end = begin + (isFirst ? view.getUint16(8, true) : view.getUint32(8, true));
  const header = new TextDecoder().decode(buffer.slice(begin, end));
  if (!header.includes("'<f4'") || !header.includes("'fortran_order': False")) {
    throw new Error('the array must be float32 in C order: np.save(path, clip.astype(np.float32))');
  }
  return new Float32Array(buffer.slice(end));
}
