package io.jubernetes.apiserver.admission.match;

import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.authz.Authorizer.Attributes;
import io.jubernetes.apiserver.authz.Authorizer.Decision;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.common.cel.CelAuthorizer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Answers what expressions ask of their `authorizer`, for the user of the request. The same question
/// is asked once. Used by one thread.
final class RequestAuthorizer implements CelAuthorizer {
    private final Authorizer authorizer;
    private final UserInfo user;
    private final Map<Question, Answer> known = new HashMap<>();

    RequestAuthorizer(Authorizer authorizer, UserInfo user) {
        this.authorizer = authorizer;
        this.user = user;
    }

    @Override
    public Answer ask(Question question) {
        return known.computeIfAbsent(question, this::answer);
    }

    private Answer answer(Question question) {
        String path = question.part("path");
        Decision decision = authorizer.authorize(new Attributes(
                asker(question.part("serviceAccount")),
                question.part("verb"),
                path.isEmpty(),
                question.part("group"),
                "*",
                question.part("namespace"),
                question.part("resource"),
                question.part("subresource"),
                question.part("name"),
                path,
                ""));
        return new Answer(decision.allowed(), decision.reason(), "");
    }

    private UserInfo asker(String serviceAccount) {
        int slash = serviceAccount.indexOf('/');
        if (slash < 0) {
            return user;
        }
        String namespace = serviceAccount.substring(0, slash);
        return new UserInfo(
                UserInfo.SERVICE_ACCOUNT_PREFIX + namespace + ":" + serviceAccount.substring(slash + 1),
                "",
                List.of("system:serviceaccounts", "system:serviceaccounts:" + namespace),
                Map.of());
    }
}
