// SPDX-License-Identifier: Apache-2.0
//
// The client `redis` of npm, against two nodes: arguments are their ports.
const assert = require('node:assert');
const { createClient } = require('redis');

async function main() {
  const [first, second] = process.argv.slice(2);
  const one = createClient({ url: `redis://127.0.0.1:${first}` });
  const two = createClient({ url: `redis://127.0.0.1:${second}`, RESP: 3 });
  await one.connect();
  await two.connect();
  assert.equal(await one.set('greeting', 'hello'), 'OK');
  assert.equal(await two.get('greeting'), 'hello');
  assert.equal(await two.get('nothing'), null);
  const counts = await Promise.all(Array.from({ length: 200 }, () => one.incr('count')));
  assert.deepEqual(counts, Array.from({ length: 200 }, (_, i) => i + 1));
  assert.deepEqual(await one.mGet(['greeting', 'nothing']), ['hello', null]);
  assert.deepEqual(await one.multi().set('a', '1').incr('a').get('a').exec(), ['OK', 2, '2']);
  await one.watch('a');
  await two.set('a', '9');
  await assert.rejects(one.multi().set('a', '0').exec());
  assert.equal(await two.get('a'), '9');
  await assert.rejects(one.incr('greeting'), /not an integer/);
  await one.quit();
  await two.quit();
  console.log('passed');
}

main().catch((error) => {
  console.log(error);
  process.exit(1);
});
