package io.jubernetes.controllermanager.bootstrap;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Secret;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.pki.SharedSecretSignature;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/// Signs the ConfigMap `kube-public/cluster-info` with every bootstrap token that is meant for it, so that who holds
/// a token can trust what everybody may read.
public final class SignerController {
    private static final String NAMESPACE = "kube-public";
    private static final String NAME = "cluster-info";
    private static final String CONTENT = "kubeconfig";
    private static final String PREFIX = "jws-kubeconfig-";

    private SignerController() {}

    public static Controller create(String name, ControllerContext context) {
        Informed<Secret> secrets = BootstrapToken.secrets(context);
        Informed<ConfigMap> maps = context.informers()
                .of(
                        ConfigMap.class,
                        NAME,
                        client -> client.configMaps().inNamespace(NAMESPACE).withField("metadata.name", NAME));
        WorkQueue<String> queue = context.queue("bootstrap_signer_queue");
        secrets.listenAny(_ -> queue.add(NAME));
        maps.listenAny(_ -> queue.add(NAME));
        return Controller.of(context.runner(
                name,
                queue,
                (_, _) -> {
                    maps.find(new ObjectKey(NAMESPACE, NAME)).ifPresent(map -> {
                        Map<String, String> old = map.getData() == null ? Map.of() : map.getData();
                        var tokens =
                                secrets.all().stream().map(BootstrapToken::of).toList();
                        Map<String, String> data =
                                signed(old, tokens, context.clock().instant());
                        if (!data.equals(old)) {
                            context.client()
                                    .resource(map.toBuilder().withData(data).build())
                                    .update();
                        }
                    });
                    return Result.done();
                },
                1));
    }

    /// The map's data with the signatures that should be there, and no others.
    static Map<String, String> signed(Map<String, String> data, Collection<BootstrapToken> tokens, Instant now) {
        var signed = new TreeMap<>(data);
        signed.keySet().removeIf(key -> key.startsWith(PREFIX));
        String content = data.get(CONTENT);
        if (content != null) {
            tokens.stream()
                    .filter(token -> token.signs() && !token.isOver(now))
                    .forEach(token -> signed.put(
                            PREFIX + token.id(), SharedSecretSignature.of(content, token.id(), token.secret())));
        }
        return signed;
    }
}
