import java.net.InetSocketAddress;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.proxy.ProxyHandler;
import org.eclipse.jetty.server.Server;

/** Jetty as a plain reverse proxy: {@code java Proxy <host> <port> <upstream host:port>}. */
public class Proxy {
    public static void main(String[] args) throws Exception {
        var server = new Server(new InetSocketAddress(args[0], Integer.parseInt(args[1])));
        server.setHandler(new ProxyHandler.Reverse(
            request -> HttpURI.build(request.getHttpURI()).scheme("http").authority(args[2])));
        server.start();
        server.join();
    }
}
