// SPDX-License-Identifier: Apache-2.0
//
// The client `ioredis` of npm, against two nodes: arguments are their ports.
const assert = require('node:assert');
const { Redis } = require('ioredis');

async function main() {
  const [first, second] = process.argv.slice(2);
  const one = new Redis(Number(first), '127.0.0.1');
  const two = new Redis(Number(second), '127.0.0.1');
  assert.equal(await one.set('greeting', 'hello'), 'OK');
  assert.equal(await two.get('greeting'), 'hello');
  const pipeline = one.pipeline();
  for (let i = 0; i < 200; i += 1) pipeline.incr('count');
  pipeline.incr('greeting');
  const replies = await pipeline.exec();
  assert.deepEqual(replies.slice(0, 200).map(([, value]) => value),
    Array.from({ length: 200 }, (_, i) => i + 1));
  assert.match(replies[200][0].message, /not an integer/);
  assert.deepEqual(await one.multi().set('a', '1').incr('a').exec(), [[null, 'OK'], [null, 2]]);
  await one.watch('a');
  await two.set('a', '9');
  assert.equal(await one.multi().set('a', '0').exec(), null);
  const value = Buffer.from([0, 13, 10, 255]);
  await two.set('binary', value);
  assert.deepEqual(await one.getBuffer('binary'), value);
  one.disconnect();
  two.disconnect();
  console.log('passed');
}

main().catch((error) => {
  console.log(error);
  process.exit(1);
});
