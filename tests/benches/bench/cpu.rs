//! What a process has used, by its files in `/proc`.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// The kernel's tick in these files: 1/100 s on every Linux that there is.
const TICK: Duration = Duration::from_millis(10);

/// The CPU time of a process so far, of all its threads, in user and in system mode; to the tick.
pub(crate) fn time(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The second field is the program's name in parentheses, and may contain anything.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks = |field: &str| field.parse::<u32>().unwrap();
    (ticks(fields[11]) + ticks(fields[12])) * TICK
}

/// The same to the nanosecond, of the threads that there are; once all of them have nothing more to do.
pub(crate) fn settled_time(pid: u32) -> Duration {
    let mut before = exact_time(pid);
    loop {
        sleep(Duration::from_millis(3));
        let now = exact_time(pid);
        if now == before {
            return now;
        }
        before = now;
    }
}

/// The CPU time of this thread so far, to the nanosecond.
pub(crate) fn own_time() -> Duration {
    // A thread that runs has its time counted when it stops.
    sleep(Duration::from_nanos(1));
    on_cpu(Path::new("/proc/thread-self"))
}

fn exact_time(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    threads.map(|thread| on_cpu(&thread.unwrap().path())).sum()
}

fn on_cpu(thread: &Path) -> Duration {
    let schedstat = fs::read_to_string(thread.join("schedstat")).unwrap();
    Duration::from_nanos(schedstat.split(' ').next().unwrap().parse().unwrap())
}

/// The most memory that a process ever had in use, in MiB.
pub(crate) fn peak_memory(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}
