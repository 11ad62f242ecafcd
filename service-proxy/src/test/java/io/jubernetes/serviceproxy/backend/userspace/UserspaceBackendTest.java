package io.jubernetes.serviceproxy.backend.userspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.serviceproxy.backend.Backend;
import io.jubernetes.serviceproxy.backend.BackendContract;
import io.jubernetes.serviceproxy.backend.nftables.Netns;
import io.jubernetes.serviceproxy.rules.RuleSet;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Forwarding in this process, whose threads are in the network namespace of a node without packet filter.
class UserspaceBackendTest extends BackendContract {
    private static final UserspaceSettings SETTINGS = new UserspaceSettings(
            "test",
            List.of("10.244.0.0/16"),
            List.of(),
            true,
            Duration.ofSeconds(1),
            Duration.ofMinutes(1),
            Duration.ofMinutes(1),
            100,
            100);

    private NetnsThreads inside;
    private ExecutorService caller;
    private UserspaceBackend backend;
    private Backend subject;

    @BeforeEach
    void start() throws Exception {
        inside = new NetnsThreads(net.namespace("node"));
        caller = Executors.newSingleThreadExecutor(inside);
        backend = call(this::make);
        subject = new Backend() {
            @Override
            public Outcome apply(RuleSet rules) throws InterruptedException {
                return call(() -> backend.apply(rules));
            }

            @Override
            public Outcome verify() throws InterruptedException {
                return call(backend::verify);
            }
        };
    }

    private UserspaceBackend make() throws Exception {
        var metrics = new UserspaceMetrics(new SimpleMeterRegistry());
        return new UserspaceBackend(
                SETTINGS,
                (rule, reason) -> {
                    throw new AssertionError(rule + ": " + reason);
                },
                net.inside("node"),
                new Forwarder(SETTINGS, metrics, Transport.best(), inside));
    }

    @AfterEach
    void stop() throws Exception {
        backend.close();
        caller.shutdownNow();
        assertThat(routes()).as("addresses that stay behind").isEmpty();
    }

    @Override
    protected Backend subject() {
        return subject;
    }

    @Override
    protected void breakWhatItWrote() throws Exception {
        net.run("node", "ip", "route", "flush", "table", "local", "proto", protocol());
    }

    @Test
    void leavesAddressesOfTheMachineAlone() throws Exception {
        var rules = with(external(List.of(pod0), List.of(), List.of(Netns.NODE_ADDRESS), List.of(), false));
        subject.apply(rules);
        assertThat(net.get("client", Netns.NODE_ADDRESS + "/name")).isEqualTo("pod0");

        subject.apply(RuleSet.EMPTY);
        assertThat(net.get("client", Netns.NODE_ADDRESS + "/name")).isEqualTo("curl 7");
        assertThat(net.inside("node")
                        .run("ip", "route", "show", "table", "local")
                        .out())
                .contains("local " + Netns.NODE_ADDRESS);
    }

    @Test
    void aProxyThatDiedLeavesNothingItsSuccessorDoesNotMend() throws Exception {
        net.run(
                "node",
                "ip",
                "route",
                "add",
                "local",
                "10.96.0.77",
                "dev",
                "lo",
                "table",
                "local",
                "proto",
                protocol());
        subject.apply(with(rule(0, List.of(pod0))));
        assertThat(routes()).contains(VIP).doesNotContain("10.96.0.77");
    }

    @Test
    void servesIpv6() throws Exception {
        net.run("pod0", "ip", "address", "add", "fd00:244::2/64", "dev", "b1", "nodad");
        net.run("node", "ip", "address", "add", "fd00:244::1/64", "dev", "a1", "nodad");
        net.run("pod0", "ip", "route", "add", "default", "via", "fd00:244::1");
        net.serve("pod0", "fd00:244::2", directory);
        subject.apply(with(rule("six", "fd00:96::5", List.of("fd00:244::2"))));
        assertThat(net.get("pod0", "[fd00:96::5]/name")).isEqualTo("pod0");
        assertThat(net.get("node", "[fd00:96::5]/name")).isEqualTo("pod0");
        assertThat(net.get("node", "[fd00:96::5]:81/name")).isEqualTo("curl 7");
    }

    private static String protocol() {
        return Integer.toString(100 + Math.floorMod("test".hashCode(), 64));
    }

    private static String routes() throws Exception {
        String text = "";
        for (String option : List.of("-4", "-6")) {
            text += net.inside("node")
                    .run("ip", option, "route", "show", "table", "local", "proto", protocol())
                    .out();
        }
        return text;
    }

    private <T> T call(Callable<T> work) throws InterruptedException {
        try {
            return caller.submit(work).get();
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }
}
