package io.jubernetes.controllermanager.serviceaccount;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.rootca.RootCa;
import io.jubernetes.controllermanager.workload.Labels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Fills the secrets of type `kubernetes.io/service-account-token`, and removes those whose account is
/// gone.
public final class TokenController {
    private static final String TYPE = "kubernetes.io/service-account-token";
    private static final String ACCOUNT_NAME = "kubernetes.io/service-account.name";
    private static final String ACCOUNT_UID = "kubernetes.io/service-account.uid";
    private static final String BY_ACCOUNT = "account";

    private final ControllerContext context;
    private final Informed<Secret> secrets;
    private final Informed<ServiceAccount> accounts;
    private final TokenSigner signer;

    private TokenController(ControllerContext context, Path key) {
        this.context = context;
        this.secrets = context.informers()
                .of(
                        Secret.class,
                        "account tokens",
                        client -> client.secrets().inAnyNamespace().withField("type", TYPE));
        this.accounts = context.informers().of(ServiceAccount.class);
        try {
            this.signer = TokenSigner.of(key);
        } catch (IOException e) {
            throw new UncheckedIOException("--service-account-private-key-file: " + e.getMessage(), e);
        }
    }

    /// Empty without a key to sign with.
    public static Optional<Controller> create(String name, ControllerContext context) {
        Path key = context.settings().serviceAccountKey();
        if (key == null) {
            return Optional.empty();
        }
        var controller = new TokenController(context, key);
        controller.secrets.index(
                BY_ACCOUNT,
                secret -> Labels.annotation(secret, ACCOUNT_NAME)
                        .map(account -> secret.getMetadata().getNamespace() + "/" + account)
                        .map(List::of)
                        .orElse(List.of()));
        WorkQueue<ObjectKey> queue = context.queue(name);
        controller.secrets.listenAny(secret -> queue.add(ObjectKey.of(secret)));
        controller.accounts.listenAny(account -> controller
                .secrets
                .by(BY_ACCOUNT, ObjectKey.of(account).toString())
                .forEach(secret -> queue.add(ObjectKey.of(secret))));
        return Optional.of(Controller.of(context.runner(name, queue, (k, _) -> controller.reconcile(k))));
    }

    private Result reconcile(ObjectKey key) {
        Secret secret = secrets.find(key).orElse(null);
        if (secret == null || secret.getMetadata().getDeletionTimestamp() != null) {
            return Result.done();
        }
        String accountName = Labels.annotation(secret, ACCOUNT_NAME).orElse("");
        if (accountName.isEmpty()) {
            return Result.done();
        }
        ServiceAccount account =
                accounts.find(new ObjectKey(key.namespace(), accountName)).orElse(null);
        String uid = Labels.annotation(secret, ACCOUNT_UID).orElse("");
        if (account == null
                || (!uid.isEmpty() && !uid.equals(account.getMetadata().getUid()))) {
            return removeUnlessAccountExists(secret, accountName, uid);
        }
        fill(secret, account);
        return Result.done();
    }

    /// Caches may be behind: the account is looked up before its secret is deleted.
    private Result removeUnlessAccountExists(Secret secret, String accountName, String uid) {
        ServiceAccount live = context.client()
                .serviceAccounts()
                .inNamespace(secret.getMetadata().getNamespace())
                .withName(accountName)
                .get();
        if (live != null && (uid.isEmpty() || uid.equals(live.getMetadata().getUid()))) {
            return Result.again(java.time.Duration.ofSeconds(1));
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

    private void fill(Secret secret, ServiceAccount account) {
        Map<String, String> data =
                secret.getData() == null ? new LinkedHashMap<>() : new LinkedHashMap<>(secret.getData());
        String ca = base64(RootCa.of(context));
        boolean changed = !ca.equals(data.put("ca.crt", ca));
        String namespace = base64(secret.getMetadata().getNamespace());
        changed |= !namespace.equals(data.put("namespace", namespace));
        if (!data.containsKey("token")) {
            data.put("token", base64(signer.sign(account, secret)));
            changed = true;
        }
        String uid = account.getMetadata().getUid();
        changed |= !Labels.annotation(secret, ACCOUNT_UID).filter(uid::equals).isPresent();
        if (changed) {
            context.client()
                    .resource(secret.toBuilder()
                            .editMetadata()
                            .addToAnnotations(ACCOUNT_UID, uid)
                            .endMetadata()
                            .withData(data)
                            .build())
                    .update();
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
