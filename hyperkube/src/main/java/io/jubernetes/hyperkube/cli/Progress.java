package io.jubernetes.hyperkube.cli;

import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;

/// Tells a person what happens, step by step: each step is a line that ends with how long it took. On a
/// terminal the line of the running step shows the seconds; elsewhere it is printed once it is done.
public final class Progress {
    private final PrintStream out;
    private final boolean terminal = System.console() instanceof Console console && console.isTerminal();
    private String step = "";
    private long started;

    public Progress(PrintStream out) {
        this.out = out;
    }

    /// Begins a step; one that runs is done.
    public void step(String text) {
        done();
        step = text;
        started = System.nanoTime();
        tick();
    }

    /// Shows that the running step still runs.
    public void tick() {
        if (terminal && !step.isEmpty()) {
            out.print("\r  … " + step + " (" + seconds() + ")   ");
            out.flush();
        }
    }

    /// Ends the running step well.
    public void done() {
        end("✓");
    }

    /// Ends the running step badly.
    public void failed() {
        end("✗");
    }

    private void end(String mark) {
        if (!step.isEmpty()) {
            out.println((terminal ? "\r" : "") + "  " + mark + " " + step + " (" + seconds() + ")   ");
            step = "";
        }
    }

    /// A line of its own.
    public void say(String text) {
        done();
        out.println(text);
    }

    private String seconds() {
        return "%.1f s".formatted(Duration.ofNanos(System.nanoTime() - started).toMillis() / 1000.0);
    }
}
