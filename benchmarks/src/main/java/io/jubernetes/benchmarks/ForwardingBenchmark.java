package io.jubernetes.benchmarks;

import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.serviceproxy.backend.userspace.UserspaceBackend;
import io.jubernetes.serviceproxy.backend.userspace.UserspaceMetrics;
import io.jubernetes.serviceproxy.backend.userspace.UserspaceSettings;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.Protocol;
import io.jubernetes.serviceproxy.rules.RuleName;
import io.jubernetes.serviceproxy.rules.RuleSet;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import io.jubernetes.serviceproxy.rules.Target;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The proxy's own forwarding beside HAProxy's: both bring TCP connections from one loopback address to the same web
/// servers, in turns, so that what else the machine does hits both. Needs root, `haproxy` (the proxy compared with and
/// the web server), and `wrk`. Prints a table of medians, their ratio, and the CPU time
/// one request, connection or MiB costs each of the two, which other programs disturb less.
public final class ForwardingBenchmark {
    private static final String SERVICE = "127.0.97.1";
    private static final int OURS = 18_080;
    private static final int THEIRS = 18_081;
    private static final int SERVER = 18_082;
    private static final int BULK_SERVER = 18_083;
    private static final int BULK_OURS = 18_084;
    private static final int BULK_THEIRS = 18_085;
    private static final int CONNECTIONS = 32;

    /// What is measured.
    ///
    /// @param close whether each request has a connection of its own
    /// @param ports the server's, HAProxy's, ours
    private record Load(String name, String unit, boolean close, List<Integer> ports, ToDoubleFunction<Report> value) {}

    /// What `wrk` says.
    private record Report(double requests, double bytes) {
        private static final Pattern LINES =
                Pattern.compile("Requests/sec: +([0-9.]+)\\s+Transfer/sec: +([0-9.]+)([KMG]?)B");

        static Report of(String output) {
            Matcher matcher = LINES.matcher(output);
            if (!matcher.find()) {
                throw new IllegalStateException("wrk said: " + output);
            }
            double unit = switch (matcher.group(3)) {
                case "K" -> 1 << 10;
                case "M" -> 1 << 20;
                case "G" -> 1 << 30;
                default -> 1;
            };
            return new Report(Double.parseDouble(matcher.group(1)), Double.parseDouble(matcher.group(2)) * unit);
        }
    }

    private static final List<Integer> SMALL = List.of(SERVER, THEIRS, OURS);
    private static final List<Integer> BULK = List.of(BULK_SERVER, BULK_THEIRS, BULK_OURS);
    private static final List<Load> LOADS = List.of(
            new Load("connections", "1/s", true, SMALL, Report::requests),
            new Load("requests on kept connections", "1/s", false, SMALL, Report::requests),
            new Load("throughput, answers of 1 MiB", "MiB/s", false, BULK, report -> report.bytes() / (1 << 20)));

    private ForwardingBenchmark() {}

    /// @param args seconds of one measurement (3) and their number (7)
    static void main(String[] args) throws Exception {
        int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 7;
        Path directory = Files.createTempDirectory("forwarding");
        var settings = UserspaceSettings.of(
                "benchmark", List.of(), List.of(), false, Duration.ofHours(1), Duration.ofMinutes(1));
        List<Process> haproxies = haproxy(directory);
        try (var backend =
                new UserspaceBackend(settings, new UserspaceMetrics(new SimpleMeterRegistry()), (rule, reason) -> {
                    throw new IllegalStateException(rule + ": " + reason);
                })) {
            backend.apply(RuleSet.EMPTY.with(
                    Map.of(ObjectKey.of("default", "web"), List.of(rule(OURS, SERVER), rule(BULK_OURS, BULK_SERVER)))));
            serveBulk();
            System.out.printf(
                    "| %-36s | %8s | %8s | %9s | ratio | CPU HAProxy | CPU userspace |%n",
                    "", "direct", "HAProxy", "userspace");
            long haproxy = haproxies.getLast().pid();
            for (Load load : LOADS) {
                compare(load, seconds, rounds, haproxy);
            }
        } finally {
            haproxies.forEach(Process::destroy);
            try (var files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }

    private static ServiceRule rule(int port, int server) {
        var name = new RuleName("default", "web", "p" + port, Protocol.TCP, IpFamily.IPV4);
        return ServiceRule.internal(name, SERVICE, port, List.of(new Target("127.0.0.1", server, Target.Place.HERE)));
    }

    /// Answers every request with a megabyte, which costs it little more than the kernel's copying.
    private static void serveBulk() throws IOException {
        var server = ServerSocketChannel.open()
                .bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), BULK_SERVER), 1024);
        byte[] head = "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        ByteBuffer answer = ByteBuffer.allocateDirect(head.length + (1 << 20));
        answer.put(0, head);
        Thread.ofPlatform().daemon().start(() -> {
            while (true) {
                try {
                    SocketChannel client = server.accept();
                    Thread.ofPlatform().daemon().start(() -> answer(client, answer.duplicate()));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
    }

    private static void answer(SocketChannel client, ByteBuffer answer) {
        ByteBuffer request = ByteBuffer.allocateDirect(4096); // wrk's fits, and it asks for one page after the other
        try (client) {
            while (client.read(request.clear()) > 0) {
                answer.clear();
                while (answer.hasRemaining()) {
                    client.write(answer);
                }
            }
        } catch (IOException _) {
            // wrk leaves in the middle of an answer
        }
    }

    /// @param haproxy the process that forwards
    private static void compare(Load load, int seconds, int rounds, long haproxy) throws Exception {
        measure(load, load.ports.getLast(), 2 * seconds); // the JVM's compiler needs some time
        List<List<Double>> seen = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        double theirs = 0;
        double ours = 0;
        for (int round = 0; round < rounds; round++) {
            double theirsBefore = cpuOf(haproxy);
            double oursBefore = cpuOfLoops();
            for (int i = 0; i < seen.size(); i++) {
                seen.get(i).add(measure(load, load.ports.get(i), seconds));
            }
            theirs += (cpuOf(haproxy) - theirsBefore) / seen.get(1).getLast() / seconds;
            ours += (cpuOfLoops() - oursBefore) / seen.get(2).getLast() / seconds;
        }
        double[] medians =
                seen.stream().mapToDouble(ForwardingBenchmark::median).toArray();
        System.out.printf(
                Locale.ROOT,
                "| %-36s | %8.0f | %8.0f | %9.0f | %5.2f | %8.0f µs | %10.0f µs |%n",
                load.name + ", " + load.unit,
                medians[0],
                medians[1],
                medians[2],
                medians[2] / medians[1],
                theirs / rounds * 1e6,
                ours / rounds * 1e6);
    }

    /// Seconds of CPU a process has used.
    private static double cpuOf(long process) throws IOException {
        String[] words = Files.readString(Path.of("/proc/" + process + "/stat")).split(" ");
        return (Long.parseLong(words[13]) + Long.parseLong(words[14])) / 100.0; // user and system, in ticks
    }

    /// Seconds of CPU the userspace mode's event loops have used.
    private static double cpuOfLoops() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long nanos = 0;
        for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (thread != null && thread.getThreadName().startsWith("userspace-proxy")) {
                nanos += threads.getThreadCpuTime(thread.getThreadId());
            }
        }
        return nanos / 1e9;
    }

    private static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double measure(Load load, int port, int seconds) throws Exception {
        var line = new ArrayList<>(List.of("wrk", "-t1", "-c" + CONNECTIONS, "-d" + seconds + "s"));
        if (load.close) {
            line.addAll(List.of("-H", "Connection: close"));
        }
        line.add("http://" + (port == load.ports.getFirst() ? "127.0.0.1" : SERVICE) + ":" + port + "/");
        Process wrk = new ProcessBuilder(line).redirectErrorStream(true).start();
        String output = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (wrk.waitFor() != 0) {
            throw new IllegalStateException("wrk: " + output);
        }
        return load.value.applyAsDouble(Report.of(output));
    }

    /// One HAProxy that serves a small page, and one that forwards TCP to it as the userspace mode does.
    private static List<Process> haproxy(Path directory) throws Exception {
        Path pages = Files.writeString(directory.resolve("haproxy.cfg"), """
                global
                  nbthread THREADS
                  maxconn 4000
                defaults
                  timeout connect 2s
                  timeout client 1h
                  timeout server 1h
                frontend pages
                  mode http
                  bind 127.0.0.1:SERVER
                  http-request return status 200 content-type text/plain string hello
                """.replace("THREADS", "1")
                .replace("SERVER", Integer.toString(SERVER)));
        Path forwarding = Files.writeString(directory.resolve("forwarding.cfg"), """
                global
                  nbthread THREADS
                  maxconn 4000
                defaults
                  mode tcp
                  timeout connect 2s
                  timeout client 1h
                  timeout server 1h
                listen small
                  bind SERVICE:SMALL
                  server one 127.0.0.1:FAST
                listen bulk
                  bind SERVICE:BULK
                  server one 127.0.0.1:SLOW
                """.replace(
                        "THREADS", Integer.toString(Runtime.getRuntime().availableProcessors()))
                .replace("SERVICE", SERVICE)
                .replace("SMALL", Integer.toString(THEIRS))
                .replace("FAST", Integer.toString(SERVER))
                .replace("BULK", Integer.toString(BULK_THEIRS))
                .replace("SLOW", Integer.toString(BULK_SERVER)));
        List<Process> running = new ArrayList<>();
        for (Path each : List.of(pages, forwarding)) {
            running.add(new ProcessBuilder("haproxy", "-db", "-f", each.toString())
                    .inheritIO()
                    .start());
        }
        return running;
    }
}
