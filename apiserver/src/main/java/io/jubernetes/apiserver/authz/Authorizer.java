package io.jubernetes.apiserver.authz;

import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import java.util.List;

/// Decides whether a user may do what a request asks for. Thread-safe.
@FunctionalInterface
public interface Authorizer {
    /// What is asked.
    ///
    /// @param path of a non-resource request; else empty
    /// @param nodeSelected the node a field selector on `spec.nodeName` confines the request to; else empty
    record Attributes(
            UserInfo user,
            String verb,
            boolean resourceRequest,
            String group,
            String version,
            String namespace,
            String resource,
            String subresource,
            String name,
            String path,
            String nodeSelected) {
        public static Attributes of(UserInfo user, RequestInfo info) {
            return of(user, info, "");
        }

        /// @param fieldSelector of a list or watch; else empty
        public static Attributes of(UserInfo user, RequestInfo info, String fieldSelector) {
            // A namespace counts as being within itself, so that its own roles can let it be read.
            boolean namespace = info.group().isEmpty()
                    && info.resource().equals("namespaces")
                    && !info.name().isEmpty();
            return new Attributes(
                    user,
                    info.verb(),
                    info.resourceRequest(),
                    info.group(),
                    info.version(),
                    namespace ? info.name() : info.namespace(),
                    info.resource(),
                    info.subresource(),
                    // A list confined to one name is about that object.
                    info.name().isEmpty() ? selected(fieldSelector, "metadata.name=") : info.name(),
                    info.resourceRequest() ? "" : info.path(),
                    selected(fieldSelector, "spec.nodeName="));
        }

        private static String selected(String fieldSelector, String field) {
            for (String term : fieldSelector.replace("==", "=").split(",")) {
                if (term.startsWith(field)) {
                    return term.substring(field.length());
                }
            }
            return "";
        }

        /// Whether it is about a resource of a group.
        boolean isFor(String otherGroup, String otherResource) {
            return resourceRequest && group.equals(otherGroup) && resource.equals(otherResource);
        }
    }

    /// The three verdicts: another authorizer is asked only when there is no opinion.
    enum Verdict {
        ALLOW,
        DENY,
        NO_OPINION
    }

    /// @param reason for the answer and the audit log; may be empty
    record Decision(Verdict verdict, String reason) {
        static final Decision NO_OPINION = new Decision(Verdict.NO_OPINION, "");

        public boolean allowed() {
            return verdict == Verdict.ALLOW;
        }
    }

    Decision authorize(Attributes attributes);

    /// Asks several authorizers in order; nobody's opinion is a no.
    static Authorizer chain(List<Authorizer> authorizers) {
        List<Authorizer> all = List.copyOf(authorizers);
        return attributes -> {
            StringBuilder reasons = new StringBuilder();
            for (Authorizer authorizer : all) {
                Decision decision = authorizer.authorize(attributes);
                if (decision.verdict() != Verdict.NO_OPINION) {
                    return decision;
                }
                if (!decision.reason().isEmpty()) {
                    reasons.append(reasons.isEmpty() ? "" : "\n").append(decision.reason());
                }
            }
            return new Decision(Verdict.NO_OPINION, reasons.toString());
        };
    }

    /// Lets the members of `system:masters` do everything.
    Authorizer PRIVILEGED = attributes -> attributes.user().groups().contains(UserInfo.MASTERS_GROUP)
            ? new Decision(Verdict.ALLOW, "")
            : Decision.NO_OPINION;

    /// `AlwaysAllow` and `AlwaysDeny` of `--authorization-mode`.
    Authorizer ALWAYS_ALLOW = attributes -> new Decision(Verdict.ALLOW, "");

    Authorizer ALWAYS_DENY = attributes -> new Decision(Verdict.NO_OPINION, "Everything is forbidden.");
}
