package io.jubernetes.benchmarks;

import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.nftables.NftSettings;
import io.jubernetes.serviceproxy.backend.nftables.NftablesBackend;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.Protocol;
import io.jubernetes.serviceproxy.rules.RuleName;
import io.jubernetes.serviceproxy.rules.RuleSet;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import io.jubernetes.serviceproxy.rules.Target;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/// What the packet filter costs: the time to change one Service among many, and the rate of connections through an
/// address of a Service against that of direct connections. Works in a network namespace of its own; needs root.
public final class ServiceProxyBenchmark {
    private static final String TABLE = "benchmark";
    private static final String SERVER = "10.9.0.2";
    private static final String ADDRESS = "10.96.255.1";
    private static final int PORT = 8080;
    private static final int CHANGES = 40;
    private static final int WARM_UP = 8;
    private static final int SLICES = 80;
    private static final int CLIENTS = 2;
    private static final Duration SLICE = Duration.ofMillis(150);

    private ServiceProxyBenchmark() {}

    /// @param args none; the program gives itself some when it starts itself anew
    static void main(String[] args) throws Exception {
        switch (args.length == 0 ? "" : args[0]) {
            case "inside" -> {
                changes();
                connections();
            }
            case "serve" -> serve();
            default ->
                System.exit(again(List.of("unshare", "--net", "--mount"), "inside")
                        .start()
                        .waitFor());
        }
    }

    private static ProcessBuilder again(List<String> prefix, String argument) {
        var line = new ArrayList<>(prefix);
        line.addAll(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                ServiceProxyBenchmark.class.getName(),
                argument));
        return new ProcessBuilder(line).inheritIO();
    }

    private static NftablesBackend backend() {
        return new NftablesBackend(
                new NftSettings(TABLE, 14, false, List.of("10.9.0.0/16"), List.of(), false, Optional.empty()));
    }

    private static ServiceRule rule(int number, String address, String... targets) {
        return ServiceRule.internal(
                new RuleName("default", "s" + number, "http", Protocol.TCP, IpFamily.IPV4),
                address,
                80,
                Arrays.stream(targets)
                        .map(target -> new Target(target, PORT, Target.Place.ELSEWHERE))
                        .toList());
    }

    private static RuleSet services(int count) {
        Map<ObjectKey, List<ServiceRule>> all = new HashMap<>();
        for (int i = 0; i < count; i++) {
            all.put(
                    ObjectKey.of("default", "s" + i),
                    List.of(rule(i, "10.96." + i / 250 + "." + (i % 250 + 1), "10.9.1.1", "10.9.1.2")));
        }
        return RuleSet.EMPTY.with(all);
    }

    private static void changes() throws BackendException, InterruptedException {
        System.out.println("one change among   10, 100, 1,000 and 10,000 Services, median ms");
        for (int count : new int[] {10, 100, 1_000, 10_000}) {
            NftablesBackend backend = backend();
            RuleSet rules = services(count);
            long start = System.nanoTime();
            backend.apply(rules);
            double all = (System.nanoTime() - start) / 1e6;
            double[] times = new double[CHANGES];
            for (int i = 0; i < CHANGES; i++) {
                rules = rules.with(Map.of(
                        ObjectKey.of("default", "s0"),
                        List.of(rule(0, "10.96.0.1", i % 2 == 0 ? "10.9.1.3" : "10.9.1.4"))));
                start = System.nanoTime();
                backend.apply(rules);
                times[i] = (System.nanoTime() - start) / 1e6;
            }
            System.out.printf(Locale.ROOT, "%,7d: %.1f   (all of them at first: %.0f)%n", count, median(times), all);
            NftablesBackend.purge(TABLE);
        }
    }

    private static void connections() throws Exception {
        run("ip link set lo up");
        run("ip netns add server");
        run("ip link add c0 type veth peer name s0 netns server");
        run("ip address add 10.9.0.1/24 dev c0");
        run("ip link set c0 up");
        run("ip route add default dev c0");
        run("ip netns exec server ip address add " + SERVER + "/24 dev s0");
        run("ip netns exec server ip link set s0 up");
        run("ip netns exec server ip link set lo up");
        Process server =
                again(List.of("ip", "netns", "exec", "server"), "serve").start();
        try {
            NftablesBackend backend = backend();
            backend.apply(services(10_000)
                    .with(Map.of(ObjectKey.of("default", "measured"), List.of(rule(10_000, ADDRESS, SERVER)))));
            awaitServer();
            var direct = new InetSocketAddress(InetAddress.ofLiteral(SERVER), PORT);
            var through = new InetSocketAddress(InetAddress.ofLiteral(ADDRESS), 80);
            long[] sums = new long[2];
            for (int slice = -WARM_UP; slice < SLICES; slice++) {
                // First one, then the other, so that what else the machine does meets both alike.
                boolean first = slice % 2 == 0;
                long one = connections(first ? direct : through);
                long other = connections(first ? through : direct);
                if (slice >= 0) {
                    sums[0] += first ? one : other;
                    sums[1] += first ? other : one;
                }
            }
            double seconds = SLICES * SLICE.toMillis() / 1e3;
            System.out.printf(
                    Locale.ROOT,
                    "connections a second: direct %,.0f, by ClusterIP among 10,000 %,.0f; ratio %.3f%n",
                    sums[0] / seconds,
                    sums[1] / seconds,
                    (double) sums[1] / sums[0]);
        } finally {
            server.destroy();
            run("ip netns delete server");
        }
    }

    private static void awaitServer() throws InterruptedException {
        for (int attempt = 0; ; attempt++) {
            try (var socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.ofLiteral(ADDRESS), 80), 1000);
                return;
            } catch (IOException e) {
                if (attempt == 100) {
                    throw new IllegalStateException("the server does not answer", e);
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
    }

    /// How many connections were made in one slice of time.
    private static long connections(InetSocketAddress to) throws Exception {
        try (var clients = Executors.newFixedThreadPool(CLIENTS)) {
            long end = System.nanoTime() + SLICE.toNanos();
            Callable<Integer> client = () -> {
                int made = 0;
                while (System.nanoTime() < end) {
                    try (var socket = new Socket()) {
                        socket.setSoLinger(true, 0); // leaves no connection that waits
                        socket.connect(to, 2000);
                        made++;
                    }
                }
                return made;
            };
            long all = 0;
            for (Future<Integer> each : clients.invokeAll(Collections.nCopies(CLIENTS, client))) {
                all += each.get();
            }
            return all;
        }
    }

    private static void serve() throws IOException {
        try (var server = new ServerSocket(PORT, 1024, InetAddress.ofLiteral(SERVER))) {
            while (true) {
                server.accept().close();
            }
        }
    }

    private static void run(String command) throws IOException, InterruptedException {
        if (new ProcessBuilder(command.split(" ")).inheritIO().start().waitFor() != 0) {
            throw new IOException(command + " failed");
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
