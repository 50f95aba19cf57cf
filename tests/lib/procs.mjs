/* procs.mjs: which processes the installation consists of, read from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/* pid -> {parent, name} of everything that runs. */
function table() {
  const all = new Map();
  for (const pid of readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (rest[0] !== 'Z') all.set(Number(pid), { parent: Number(rest[1]), name });
    } catch {
      /* it has ended meanwhile */
    }
  }
  return all;
}

/* All descendants of `top`, as sorted texts "pid name". */
export function descendants(top) {
  const all = table();
  const found = new Set([top]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const [pid, p] of all)
      if (found.has(p.parent) && !found.has(pid)) {
        found.add(pid);
        grew = true;
      }
  }
  found.delete(top);
  return [...found].sort((a, b) => a - b).map((pid) => `${pid} ${all.get(pid).name}`);
}
