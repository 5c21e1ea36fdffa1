//! The stand-in for WeChat: in a thread of its own, on loopback only. It takes demo codes (`demo-NAME`), so that anybody can sign in.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use domain::time::Clock;
use store::clock::SystemClock;
use wechat::stand_in::{Handle, PushFormat, PushSettings, RiskyWord, StandIn, TemplateFacts};

use crate::failure::{Failure, Outcome};

/// WeChat's number for a text that breaks a law: what a word of the command line is risky for.
const CRIME: i64 = 20_006;
/// Its number for what has none of its own: what a word is doubtful for.
const OTHER: i64 = 21_000;

/// Which mini-program to play, and where.
#[derive(Clone, clap::Args)]
pub struct Args {
    /// Where it listens; loopback only.
    #[arg(long, default_value = "127.0.0.1:8099")]
    listen: SocketAddr,
    /// The mini-program.
    #[arg(long, default_value = "wxdemo0000000000")]
    app_id: String,
    /// Its secret.
    #[arg(long, default_value = "demo-secret-of-no-worth")]
    app_secret: String,
    /// Where it tells what happens, loopback only; nowhere if nothing is said.
    #[arg(long, requires = "push_token")]
    push_url: Option<String>,
    /// What it signs that with.
    #[arg(long, requires = "push_url")]
    push_token: Option<String>,
    /// The EncodingAESKey that it enciphers that with; plain if nothing is said.
    #[arg(long, requires = "push_url")]
    push_key: Option<String>,
    /// How it writes that: json or xml.
    #[arg(long, requires = "push_url", default_value = "json", value_parser = format_of)]
    push_format: PushFormat,
    /// Looks at pictures by itself, so many milliseconds after it was asked to; otherwise when POST /_media/finish says so.
    #[arg(long)]
    media_after_ms: Option<u64>,
    /// A word that makes a text risky (risky:WORD), or one that a person has to look at (review:WORD); as often as there are words.
    #[arg(long = "word", value_parser = word_of)]
    words: Vec<RiskyWord>,
    /// A template of messages with the names of its values (ID=thing1,time2); as often as there are templates.
    #[arg(long = "template", value_parser = template_of)]
    templates: Vec<TemplateFacts>,
}

/// Secrets are not shown, be they of no worth.
impl fmt::Debug for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Args").field("listen", &self.listen).finish_non_exhaustive()
    }
}

/// What to play: a mini-program, what it is told, and what is risky to say in it.
#[derive(Debug, Clone)]
pub struct Play {
    /// Where it listens; loopback only, and port 0 takes a free port.
    pub listen: SocketAddr,
    /// The mini-program.
    pub app_id: String,
    /// Its secret, which is of no worth.
    pub app_secret: String,
    /// Where it tells what happens, and how; nowhere, if nothing is said.
    pub push: Option<PushSettings>,
    /// After how many milliseconds it looks at a picture by itself.
    pub media_after_ms: Option<u64>,
    /// Words that make a text risky or doubtful.
    pub words: Vec<RiskyWord>,
    /// Templates of messages.
    pub templates: Vec<TemplateFacts>,
}

/// A running stand-in.
#[derive(Debug)]
pub struct Playing {
    /// Its address.
    pub url: String,
    /// What can be done to it; where it tells what happens, for instance, when that is known only now.
    pub handle: Handle,
    thread: JoinHandle<()>,
}

impl Play {
    /// A mini-program that is told nothing and in which anything may be said.
    pub fn new(listen: SocketAddr, app_id: &str, app_secret: &str) -> Self {
        Self {
            listen,
            app_id: app_id.to_owned(),
            app_secret: app_secret.to_owned(),
            push: None,
            media_after_ms: None,
            words: Vec::new(),
            templates: Vec::new(),
        }
    }

    /// Starts it.
    pub fn start(self) -> Outcome<Playing> {
        let clock = Arc::new(|| SystemClock.now().0);
        let draw = |text: &str| foundation::qr_codes::png(text).map(Into::into).unwrap_or_default();
        let stand_in =
            StandIn::new(&self.app_id, &self.app_secret, clock).accepting_demo_codes().drawing(draw);
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("wechat-stand-in".to_owned()).spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let listen = self.listen;
                let started = match stand_in.start(listen).await {
                    Ok(running) => self.prepare(running.handle()).map(|()| running),
                    Err(error) => Err(error.to_string()),
                };
                match started {
                    Ok(running) => {
                        // Whoever started it may have given up waiting.
                        drop(tell.send(Ok((running.url().to_owned(), running.handle().clone()))));
                        std::future::pending::<()>().await;
                    }
                    Err(error) => drop(tell.send(Err(error))),
                }
            });
        })?;
        let told = told.recv().map_err(|e| Failure::new(e.to_string()))?;
        let (url, handle) = told.map_err(Failure::new)?;
        Ok(Playing { url, handle, thread })
    }

    fn prepare(self, handle: &Handle) -> Result<(), String> {
        if let Some(push) = &self.push {
            handle.set_push(push).map_err(|error| error.to_string())?;
        }
        handle.set_media_after_ms(self.media_after_ms);
        self.words.into_iter().for_each(|word| handle.add_word(word));
        self.templates.into_iter().for_each(|template| handle.set_template(template));
        Ok(())
    }
}

impl From<&Args> for Play {
    fn from(args: &Args) -> Self {
        let args = args.clone();
        let push = args.push_url.zip(args.push_token).map(|(url, token)| PushSettings {
            encoding_aes_key: args.push_key,
            format: args.push_format,
            ..PushSettings::new(url, token)
        });
        Self {
            push,
            media_after_ms: args.media_after_ms,
            words: args.words,
            templates: args.templates,
            ..Self::new(args.listen, &args.app_id, &args.app_secret)
        }
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let playing = Play::from(args).start()?;
    println!("listening {}", playing.url);
    playing.thread.join().map_err(|_| Failure::new("the stand-in ended"))
}

fn format_of(text: &str) -> Result<PushFormat, &'static str> {
    match text {
        "json" => Ok(PushFormat::Json),
        "xml" => Ok(PushFormat::Xml),
        _ => Err("json or xml"),
    }
}

fn word_of(text: &str) -> Result<RiskyWord, &'static str> {
    let (risky, label, word) = match text.split_once(':') {
        Some(("risky", word)) => (true, CRIME, word),
        Some(("review", word)) => (false, OTHER, word),
        _ => return Err("risky:WORD or review:WORD"),
    };
    if word.is_empty() {
        return Err("a word after the colon");
    }
    Ok(RiskyWord { word: word.to_owned(), risky, label })
}

fn template_of(text: &str) -> Result<TemplateFacts, &'static str> {
    let (id, names) = text.split_once('=').ok_or("ID=thing1,time2")?;
    let names: Vec<String> = names.split(',').map(|name| name.trim().to_owned()).collect();
    let is_name = |name: &String| {
        name.ends_with(|c: char| c.is_ascii_digit()) && name.starts_with(|c: char| c.is_ascii_lowercase())
    };
    if id.is_empty() || !names.iter().all(is_name) {
        return Err("ID=thing1,time2");
    }
    Ok(TemplateFacts { id: id.to_owned(), names, banned: false })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Bare {
        #[command(flatten)]
        args: Args,
    }

    fn read(arguments: &[&str]) -> Option<Play> {
        let all = std::iter::once("wechat-stand-in").chain(arguments.iter().copied());
        Bare::try_parse_from(all).ok().map(|bare| Play::from(&bare.args))
    }

    #[test]
    fn what_the_command_line_says_is_what_is_played() {
        let plain = read(&[]).expect("it needs no argument");
        assert!(plain.push.is_none() && plain.media_after_ms.is_none() && plain.words.is_empty());
        let arguments = [
            "--push-url=http://127.0.0.1:8080/v1/wechat/push",
            "--push-token=t",
            "--push-format=xml",
            "--media-after-ms=1500",
            "--word=risky:赌博",
            "--word=review:代购",
            "--template=T1=thing1, time2",
        ];
        let play = read(&arguments).expect("all of it is understood");
        let push = play.push.expect("there is an address");
        assert_eq!((push.format, push.encoding_aes_key), (PushFormat::Xml, None));
        assert_eq!(play.media_after_ms, Some(1_500));
        let words: Vec<_> = play.words.iter().map(|word| (word.word.as_str(), word.risky)).collect();
        assert_eq!(words, [("赌博", true), ("代购", false)]);
        assert_eq!(play.templates[0].names, ["thing1", "time2"]);
    }

    #[test]
    fn what_it_does_not_understand_it_does_not_play() {
        for bad in [
            "--push-url=http://127.0.0.1/push",
            "--push-token=t",
            "--word=赌博",
            "--word=risky:",
            "--template=T1",
            "--template=T1=",
            "--template==thing1",
        ] {
            assert!(read(&[bad]).is_none(), "{bad}");
        }
        let elsewhere = Play {
            push: Some(PushSettings::new("http://192.168.0.1/push", "t")),
            ..Play::new(SocketAddr::from(([127, 0, 0, 1], 0)), "wx1", "secret")
        };
        assert!(elsewhere.start().is_err(), "what happens is told to nobody else");
    }

    #[test]
    fn it_is_played_until_the_process_ends() {
        let playing =
            Play::new(SocketAddr::from(([127, 0, 0, 1], 0)), "wx1", "secret").start().expect("it starts");
        assert!(playing.url.starts_with("http://127.0.0.1:"));
        assert!(playing.handle.set_push(&PushSettings::new("http://127.0.0.1:1/push", "t")).is_ok());
        assert!(!playing.thread.is_finished());
    }
}
