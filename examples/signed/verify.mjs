// Is a request from voxbus, whole and recent? docs/signatures.md says how it is
// signed. Nothing but Node's standard library.
import { createHmac, timingSafeEqual } from 'node:crypto';

// keys: the account's token; during a rotation the next one, too. signature and
// url: the headers X-Voxbus-Signature and X-Voxbus-Signed-Url. path: what the
// request was for, its query included. body: its bytes as they came.
export function verify({ keys, signature, url, method, path, body = '',
  tolerance = 300, now = Date.now() / 1000 }) {
  const parts = String(signature ?? '').split(',').map((part) => part.split('='));
  const time = parts.find(([name]) => name === 't')?.[1] ?? '';
  if (!/^\d{1,12}$/.test(time) || Math.abs(now - time) > tolerance) return false;
  // A proxy may have another host and scheme in front, but not another path.
  if (String(url).replace(/^https?:\/\/[^/]*/, '') !== path) return false;
  const text = Buffer.concat([
    Buffer.from(`${time}\n${method}\n${url}\n`), Buffer.from(body)]);
  return keys.some((key) => {
    const wanted = createHmac('sha256', key).update(text).digest();
    return parts.some(([name, value]) => {
      const got = Buffer.from(value ?? '', 'hex');
      return name === 'v1' && got.length === wanted.length &&
        timingSafeEqual(got, wanted);
    });
  });
}
