package io.jubernetes.controllermanager.bootstrap;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import java.time.Duration;
import java.time.Instant;

/// Deletes bootstrap tokens when their time is over.
public final class TokenCleanerController {
    private TokenCleanerController() {}

    public static Controller create(String name, ControllerContext context) {
        Informed<Secret> secrets = BootstrapToken.secrets(context);
        WorkQueue<ObjectKey> queue = context.queue("token_cleaner");
        secrets.listen((_, after) -> {
            if (after != null) {
                queue.add(ObjectKey.of(after));
            }
        });
        return Controller.of(context.runner(
                name,
                queue,
                (key, _) ->
                        secrets.find(key).map(secret -> clean(context, secret)).orElse(Result.done()),
                1));
    }

    private static Result clean(ControllerContext context, Secret secret) {
        BootstrapToken token = BootstrapToken.of(secret);
        Instant now = context.clock().instant();
        if (!token.isOver(now)) {
            return token.expiration()
                    .map(end -> Result.again(Duration.between(now, end).plusMillis(100)))
                    .orElse(Result.done());
        }
        try {
            context.raw().delete(secret, null);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
        return Result.done();
    }
}
