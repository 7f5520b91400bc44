// The CPU time that json-e and cron-parser take for what `make bench` has Treble do: microseconds, as JSON by name.
import { readFileSync } from "node:fs";
import jsone from "json-e";
import { CronExpressionParser } from "cron-parser";

const { template, contexts, patterns, now, rounds, round } = JSON.parse(readFileSync(process.argv[2]));

// The quickest round: the first ones have code that isn't compiled yet.
function micros(once) {
  let quickest = Infinity;
  for (let i = 0; i < rounds; i++) {
    const [before, started] = [process.cpuUsage(), performance.now()];
    let count = 0;
    while (performance.now() - started < round) {
      once();
      count++;
    }
    const { user, system } = process.cpuUsage(before);
    quickest = Math.min(quickest, (user + system) / count);
  }
  return quickest;
}

const results = {};
for (const [name, context] of Object.entries(contexts)) {
  results[name] = micros(() => jsone(template, context));
}
for (const pattern of patterns) {
  results[pattern] = micros(() => CronExpressionParser.parse(pattern, { tz: "UTC", currentDate: now }).next());
}
console.log(JSON.stringify(results));
