// Real producers and workers of BullMQ. `node bullmq.js <what> <port> <options as JSON>`; the last line
// that is printed is JSON.
'use strict';

const { Queue, RateLimitError, UnrecoverableError, Worker } = require('bullmq');

const [what, port, options] = process.argv.slice(2);
const given = JSON.parse(options);
const connection = { host: '127.0.0.1', port: Number(port), password: given.password, maxRetriesPerRequest: null };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
// Redis is killed meanwhile: that is no news.
const quiet = (emitter) => emitter.on('error', () => {});

function queueOf(name, more = {}) {
  const queue = new Queue(name, { connection, ...more });
  quiet(queue);
  return queue;
}

// The n-th job: a quarter has a delay, a quarter a priority; how often it fails, and how.
function job(n) {
  const fails = [0, 0, 0, 1, 0, 2, 0, 0, 9, 0][n % 10];
  const data = { ms: 5 + ((n * 37) % 120), fails, forGood: n % 50 === 8 };
  const opts = { jobId: `job-${n}`, attempts: 3 };
  if (n % 4 === 1) opts.delay = 200 + (n % 7) * 300;
  if (n % 4 === 2) opts.priority = 1 + (n % 5);
  // Without a pause it is tried again at once.
  if (n % 3 !== 0) opts.backoff = { type: 'fixed', delay: 150 };
  return [`kind-${n % 3}`, data, opts];
}

async function settled(queue, jobs) {
  for (;;) {
    const counts = await queue.getJobCounts();
    if (counts.completed + counts.failed >= jobs) return counts;
    await pause(100);
  }
}

// Adds jobs over some seconds, and says what became of them by BullMQ's own account.
async function produce() {
  const queue = queueOf(given.queue);
  const began = Date.now();
  for (let n = 0; n < given.jobs; n += 1) {
    await queue.add(...job(n));
    const due = began + ((n + 1) * given.seconds * 1000) / given.jobs;
    if (due > Date.now()) await pause(due - Date.now());
  }
  const counts = await settled(queue, given.jobs);
  const jobs = await queue.getJobs(['completed', 'failed']);
  const retried = jobs.reduce((sum, of) => sum + of.attemptsMade - 1, 0);
  const stalled = jobs.reduce((sum, of) => sum + of.stalledCounter, 0);
  const run = jobs.map((of) => of.finishedOn - of.processedOn);
  console.log(JSON.stringify({ counts, retried, stalled, run }));
  process.exit(0);
}

// Works until its standard input ends, and says how long attempts took.
async function work() {
  const took = [];
  const attempt = async (of) => {
    const began = performance.now();
    await pause(of.data.ms);
    took.push(performance.now() - began);
    if (of.attemptsMade < of.data.fails) {
      throw of.data.forGood ? new UnrecoverableError('for good') : new Error('boom');
    }
  };
  const { queue, ...more } = given;
  const worker = new Worker(queue, attempt, { connection, concurrency: 8, ...more });
  quiet(worker);
  process.stdin.resume();
  process.stdin.on('end', async () => {
    await worker.close();
    console.log(JSON.stringify({ took }));
    process.exit(0);
  });
}

// Some jobs, done at once.
async function small() {
  const streams = given.maxLen && { events: { maxLen: given.maxLen } };
  const queue = queueOf(given.queue, { streams, prefix: given.prefix });
  const before = await queue.getJobCounts();
  if (given.pause) await queue.pause();
  const opts = { removeOnComplete: given.remove, removeOnFail: given.remove };
  await queue.addBulk(Array.from({ length: given.jobs }, () => ({ name: 'small', data: {}, opts })));
  if (given.pause) {
    console.log(JSON.stringify({ counts: await queue.getJobCounts() }));
    process.exit(0);
  }
  let done = 0;
  const took = [];
  let worker = null;
  let limited = given.limits || 0;
  const attempt = async () => {
    if (limited > 0) {
      limited -= 1;
      await worker.rateLimit(20);
      throw new RateLimitError();
    }
    const began = performance.now();
    await pause(given.ms || 0);
    took.push(performance.now() - began);
    done += 1;
  };
  worker = new Worker(given.queue, attempt, { connection, prefix: given.prefix, concurrency: 10 });
  quiet(worker);
  while (done < given.jobs) await pause(20);
  await worker.close();
  console.log(JSON.stringify({ counts: await queue.getJobCounts(), before, took }));
  process.exit(0);
}

// Jobs that fail once, and are then to be tried again in a minute.
async function fail() {
  const queue = queueOf(given.queue);
  const opts = { attempts: 3, backoff: { type: 'fixed', delay: 60_000 } };
  await queue.addBulk(Array.from({ length: given.jobs }, () => ({ name: 'fails', data: {}, opts })));
  const worker = new Worker(given.queue, async () => { throw new Error('boom'); }, { connection });
  quiet(worker);
  while ((await queue.getJobCounts()).delayed < given.jobs) await pause(20);
  await worker.close();
  console.log('{}');
  process.exit(0);
}

// Has them tried again sooner, and handed back for a rate limit some times before they are done.
async function resume() {
  const queue = queueOf(given.queue);
  let limited = given.limits;
  let worker = null;
  const attempt = async () => {
    if (limited > 0) {
      limited -= 1;
      await worker.rateLimit(20);
      throw new RateLimitError();
    }
  };
  for (const of of await queue.getDelayed()) await of.changeDelay(500);
  await pause(given.pause);
  worker = new Worker(given.queue, attempt, { connection });
  quiet(worker);
  while ((await queue.getJobCounts()).completed < given.jobs) await pause(20);
  await worker.close();
  console.log('{}');
  process.exit(0);
}

({ produce, work, small, fail, resume })[what]();
