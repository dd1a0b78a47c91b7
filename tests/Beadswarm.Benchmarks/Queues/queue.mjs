// node queue.mjs graphile|graphile-tuned|pg-boss CONCURRENCY BATCH SECONDS: jobs done in a second, after two that do not
// count. Where the database is, is in PGHOST, PGUSER and PGDATABASE.
const [kind, concurrency, batch, seconds] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const jobs = kind === 'graphile-tuned' ? 200000 : 40000;
const warmUp = 2000;
let done = 0;
const fail = (error) => { throw error; };

async function graphile(worker) {
  const { run, runMigrations } = await import('graphile-worker');
  const { default: pg } = await import('pg');
  const pgPool = new pg.Pool({ max: concurrency + 2 });
  pgPool.on('error', fail);
  pgPool.on('connect', (client) => client.on('error', fail));
  const quiet = { logger: new (await import('graphile-worker')).Logger(() => () => {}) };
  await runMigrations({ pgPool, ...quiet });
  await pgPool.query(`SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(
    SELECT json_populate_record(NULL::graphile_worker.job_spec, '{"identifier": "bench"}')
    FROM generate_series(1, ${jobs})))`);
  await pgPool.query('VACUUM ANALYZE');
  await run({
    pgPool, ...quiet, noHandleSignals: true, taskList: { bench: () => { done++; } },
    preset: { worker: { concurrentJobs: concurrency, ...worker } },
  });
}

async function pgBoss() {
  const { PgBoss } = await import('pg-boss');
  const { PGHOST: host, PGUSER: user, PGDATABASE: database } = process.env;
  const boss = new PgBoss({ host, user, database, supervise: false, schedule: false, max: concurrency + 2 });
  await boss.start();
  await boss.createQueue('bench');
  for (let n = 0; n < jobs; n += 5000) {
    await boss.insert('bench', Array.from({ length: 5000 }, () => ({ data: {} })));
  }
  for (let worker = 0; worker < concurrency; worker++) {
    (async () => {
      for (;;) {
        const fetched = await boss.fetch('bench', { batchSize: batch });
        await boss.complete('bench', fetched.map((job) => job.id));
        done += fetched.length;
      }
    })();
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
switch (kind) {
  case 'graphile': await graphile({}); break;
  case 'graphile-tuned':
    await graphile({ localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 });
    break;
  case 'pg-boss': await pgBoss(); break;
  default: throw new Error(`unknown queue ${kind}`);
}
await pause(warmUp);
const [before, began] = [done, performance.now()];
await pause(seconds * 1000);
const rate = (done - before) / (performance.now() - began) * 1000;
if (done >= jobs) throw new Error('the jobs ran out before the time');
console.log(rate);
process.exit(0);
