package io.jubernetes.apiserver.registry.core.podspec;

import java.util.Set;
import java.util.TreeSet;

/// The names of the signals that can stop a container.
final class Signals {
    /// On Linux, real-time signals included.
    static final Set<String> LINUX = linux();

    private Signals() {}

    private static Set<String> linux() {
        Set<String> names = new TreeSet<>();
        for (String name :
                ("ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT"
                                + " STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ")
                        .split(" ")) {
            names.add("SIG" + name);
        }
        names.add("SIGRTMIN");
        names.add("SIGRTMAX");
        for (int i = 1; i <= 15; i++) {
            names.add("SIGRTMIN+" + i);
        }
        for (int i = 1; i <= 14; i++) {
            names.add("SIGRTMAX-" + i);
        }
        return names;
    }
}
