package io.jubernetes.apiserver.impersonation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.authz.Authorizer.Attributes;
import io.jubernetes.apiserver.authz.Authorizer.Decision;
import io.jubernetes.apiserver.authz.Authorizer.Verdict;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Who may act as whom, with rights written as `VERB RESOURCE/SUBRESOURCE NAME`.
class ImpersonationTest {
    private static final String ON_LIST = "impersonate-on:user-info:list pods ";
    private static final UserInfo ROBOT = user("robot");
    private static final UserInfo AGENT = new UserInfo(
            "system:serviceaccount:kube-system:agent",
            "",
            List.of(),
            Map.of("authentication.kubernetes.io/node-name", List.of("n1")));

    private final List<String> asked = new ArrayList<>();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();

    record Case(String name, UserInfo sender, UserInfo wanted, Set<String> rights, List<String> groups) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> allowed() {
        return Stream.of(
                new Case(
                        "a user for listing",
                        ROBOT,
                        user("jane"),
                        Set.of(ON_LIST, "impersonate:user-info users jane"),
                        List.of("system:authenticated")),
                new Case(
                        "a user with a group and a fact",
                        ROBOT,
                        new UserInfo("jane", "", List.of("dev"), Map.of("acme.io/team", List.of("a"))),
                        Set.of(
                                ON_LIST,
                                "impersonate:user-info users jane",
                                "impersonate:user-info groups dev",
                                "impersonate:user-info userextras/acme.io/team a"),
                        List.of("dev", "system:authenticated")),
                new Case(
                        "many groups by one right",
                        ROBOT,
                        new UserInfo("jane", "", List.of("a", "b", "c", "d"), Map.of()),
                        Set.of(ON_LIST, "impersonate:user-info users jane", "impersonate:user-info groups *"),
                        List.of("a", "b", "c", "d", "system:authenticated")),
                new Case(
                        "a service account",
                        ROBOT,
                        user("system:serviceaccount:shop:web"),
                        Set.of(
                                "impersonate-on:serviceaccount:list pods ",
                                "impersonate:serviceaccount serviceaccounts web"),
                        List.of("system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated")),
                new Case(
                        "any node",
                        ROBOT,
                        user("system:node:n2"),
                        Set.of("impersonate-on:arbitrary-node:list pods ", "impersonate:arbitrary-node nodes n2"),
                        List.of("system:nodes", "system:authenticated")),
                new Case(
                        "an agent its own node",
                        AGENT,
                        user("system:node:n1"),
                        Set.of("impersonate-on:associated-node:list pods ", "impersonate:associated-node nodes *"),
                        List.of("system:nodes", "system:authenticated")),
                new Case(
                        "by the old verb",
                        ROBOT,
                        user("jane"),
                        Set.of("impersonate users jane"),
                        List.of("system:authenticated")),
                new Case(
                        "nobody, by the old verb",
                        ROBOT,
                        user(UserInfo.ANONYMOUS),
                        Set.of("impersonate users system:anonymous"),
                        List.of("system:unauthenticated")),
                new Case(
                        "system:masters, by the old verb only",
                        ROBOT,
                        new UserInfo("root", "", List.of("system:masters"), Map.of()),
                        Set.of("impersonate users root", "impersonate groups system:masters"),
                        List.of("system:masters", "system:authenticated")));
    }

    @ParameterizedTest
    @MethodSource("allowed")
    void letsThroughWhoHasTheRights(Case c) {
        UserInfo acting =
                impersonation(c.rights()).of(c.wanted(), list(c.sender())).user();
        assertThat(acting.name()).isEqualTo(c.wanted().name());
        assertThat(acting.groups()).isEqualTo(c.groups());
        assertThat(acting.extra()).isEqualTo(c.wanted().extra());
    }

    record Refused(UserInfo sender, UserInfo wanted, Set<String> rights, String message) {}

    static Stream<Refused> refused() {
        return Stream.of(
                new Refused(
                        ROBOT,
                        user("jane"),
                        Set.of("impersonate:user-info users jane"),
                        "pods is forbidden: User \"robot\" cannot impersonate-on:user-info:list resource \"pods\" in"
                                + " API group \"\" in the namespace \"shop\""),
                new Refused(
                        ROBOT,
                        user("jane"),
                        Set.of(ON_LIST),
                        "users.authentication.k8s.io \"jane\" is forbidden: User \"robot\" cannot"
                                + " impersonate:user-info resource \"users\" in API group \"authentication.k8s.io\" at"
                                + " the cluster scope"),
                new Refused(
                        ROBOT,
                        new UserInfo("jane", "", List.of("system:masters"), Map.of()),
                        Set.of(ON_LIST, "impersonate:user-info users jane", "impersonate:user-info groups *"),
                        "groups.authentication.k8s.io \"system:masters\" is forbidden: User \"robot\" cannot"
                                + " impersonate:user-info resource \"groups\" in API group \"authentication.k8s.io\""
                                + " at the cluster scope: impersonating the system:masters group is not allowed"),
                new Refused(
                        ROBOT,
                        new UserInfo("jane", "5", List.of(), Map.of()),
                        Set.of(ON_LIST, "impersonate:user-info users jane"),
                        "uids.authentication.k8s.io \"5\" is forbidden: User \"robot\" cannot impersonate:user-info"
                                + " resource \"uids\" in API group \"authentication.k8s.io\" at the cluster scope"),
                new Refused(
                        AGENT,
                        user("system:node:n2"),
                        Set.of(
                                "impersonate-on:associated-node:list pods ",
                                "impersonate:associated-node nodes *",
                                "impersonate-on:arbitrary-node:list pods "),
                        "nodes.authentication.k8s.io \"n2\" is forbidden: User"
                                + " \"system:serviceaccount:kube-system:agent\" cannot impersonate:arbitrary-node"
                                + " resource \"nodes\" in API group \"authentication.k8s.io\" at the cluster scope"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void saysWhatIsMissing(Refused c) {
        assertThatThrownBy(() -> impersonation(c.rights()).of(c.wanted(), list(c.sender())))
                .isInstanceOf(ApiException.class)
                .hasMessage(c.message());
    }

    @Test
    void triesFirstWhatWorkedLast() {
        var impersonation = impersonation(Set.of("impersonate users jane"));
        impersonation.of(user("jane"), list(ROBOT));
        asked.clear();
        assertThatThrownBy(() -> impersonation.of(user("root"), list(ROBOT)))
                .hasMessageContaining("cannot impersonate resource \"users\" in API group \"\"");
        assertThat(asked.getFirst()).isEqualTo("impersonate users root");
    }

    @Test
    void namesTheVerbThatAllowedItAndCounts() {
        var impersonation = impersonation(Set.of(ON_LIST, "impersonate:user-info users jane"));
        assertThat(impersonation.of(user("jane"), list(ROBOT)).constraint()).isEqualTo("impersonate:user-info");
        assertThat(metrics.counter("apiserver_impersonation_attempts_total", "mode", "user-info", "decision", "allowed")
                        .count())
                .isEqualTo(1);
    }

    private Impersonation impersonation(Set<String> rights) {
        Authorizer authorizer = attributes -> {
            String right = attributes.verb() + " " + attributes.resource()
                    + (attributes.subresource().isEmpty() ? "" : "/" + attributes.subresource()) + " "
                    + attributes.name();
            asked.add(right);
            return new Decision(rights.contains(right) ? Verdict.ALLOW : Verdict.NO_OPINION, "");
        };
        return new Impersonation(authorizer, metrics);
    }

    private static UserInfo user(String name) {
        return new UserInfo(name, "", List.of(), Map.of());
    }

    private static Attributes list(UserInfo sender) {
        return Attributes.of(sender, RequestInfo.of("GET", "/api/v1/namespaces/shop/pods", Map.of()));
    }
}
