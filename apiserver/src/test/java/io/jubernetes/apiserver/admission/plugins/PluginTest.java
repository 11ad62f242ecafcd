package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.testing.ClusterFixture;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// A cluster's store for a test of plugins, and what plugins say.
abstract class PluginTest {
    static final UserInfo JANE = new UserInfo("jane", "", List.of("dev", UserInfo.AUTHENTICATED_GROUP), Map.of());

    @TempDir
    Path folder;

    ClusterFixture cluster;

    @BeforeEach
    void open() {
        cluster = ClusterFixture.open(folder);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    static ObjectNode object(String text) {
        return ClusterFixture.object(text);
    }

    /// Why a plugin refuses a write; empty when it lets it through.
    static String verdict(AdmissionPlugin plugin, AdmissionRequest request) {
        try {
            plugin.mutate(request);
            plugin.validate(request);
            return "";
        } catch (ApiException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
